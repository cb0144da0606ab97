"""Collector `role_session_durations`."""

from __future__ import annotations

from tests.pipeline.collectors.support import MEMBER, rows_of, scripted


def test_a_role_that_role_manager_made_names_its_template() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_role-manager.md"""
    template = {"TemplateArn": "arn:aws:iam::aws:role-template/lambda/Basic", "TemplateMinorVersion": 2}
    role = {"RoleName": "r", "Arn": "arn:r", "MaxSessionDuration": 3600, "SourceRoleTemplate": template}
    (row,) = rows_of("role_session_durations", scripted({"iam:ListRoles": [role]}))
    assert row["role_template_arn"] == "arn:aws:iam::aws:role-template/lambda/Basic"


def test_the_maximum_of_each_role() -> None:
    roles = [{"RoleName": "r", "Arn": "arn:r", "MaxSessionDuration": 43200, "Path": "/"}]
    assert rows_of("role_session_durations", scripted({"iam:ListRoles": roles})) == [
        {
            "account_id": MEMBER,
            "role_name": "r",
            "arn": "arn:r",
            "max_session_duration_seconds": 43200,
            "role_template_arn": None,
        }
    ]
