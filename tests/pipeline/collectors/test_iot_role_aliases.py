"""Collector `iot_role_aliases`."""

from __future__ import annotations

from tests.pipeline.collectors.support import WHERE, rows_of, scripted


def test_aliases_but_for_one_that_was_deleted_meanwhile() -> None:
    described = {"roleAliasArn": "arn:alias", "roleArn": "arn:role", "credentialDurationSeconds": 3600}
    known = {"device": {"roleAliasDescription": described}, "gone": None}
    account = scripted(
        {"iot:ListRoleAliases": list(known), "iot:DescribeRoleAlias": lambda roleAlias: known[roleAlias]}
    )
    assert rows_of("iot_role_aliases", account) == [
        WHERE
        | {
            "role_alias": "device",
            "arn": "arn:alias",
            "role_arn": "arn:role",
            "credential_duration_seconds": 3600,
        }
    ]
