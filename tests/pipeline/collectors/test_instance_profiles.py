"""Collector `instance_profiles`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, rows_of, scripted


def test_a_profile_with_a_role_and_one_without() -> None:
    profile = {"InstanceProfileName": "p", "Arn": "arn:p", "Path": "/", "CreateDate": DAY, "Roles": [{"RoleName": "r"}]}
    account = scripted({"iam:ListInstanceProfiles": [profile, profile | {"Roles": []}]})
    first, second = rows_of("instance_profiles", account)
    assert first == {
        "account_id": MEMBER,
        "instance_profile_name": "p",
        "arn": "arn:p",
        "path": "/",
        "created_at": PLAIN,
        "role_names": ["r"],
    }
    assert second["role_names"] == []
