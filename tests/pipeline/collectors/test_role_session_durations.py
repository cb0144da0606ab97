"""Collector `role_session_durations`."""

from __future__ import annotations

from tests.pipeline.collectors.support import MEMBER, rows_of, scripted


def test_the_maximum_of_each_role() -> None:
    roles = [{"RoleName": "r", "Arn": "arn:r", "MaxSessionDuration": 43200, "Path": "/"}]
    assert rows_of("role_session_durations", scripted({"iam:ListRoles": roles})) == [
        {"account_id": MEMBER, "role_name": "r", "arn": "arn:r", "max_session_duration_seconds": 43200}
    ]
