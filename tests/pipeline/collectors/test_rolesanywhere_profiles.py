"""Collector `rolesanywhere_profiles`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    WHERE,
    collect,
    scripted,
)


def test_profiles_say_that_there_is_a_session_policy_not_what() -> None:
    arn = "arn:aws:rolesanywhere:x:1:profile/p"
    profile = {
        "profileArn": arn,
        "name": "p",
        "aliasName": "factory",
        "enabled": True,
        "sessionPolicy": "{}",
        "roleArns": ["arn:b", "arn:a"],
    }
    account = scripted({"rolesanywhere:ListProfiles": [profile]})
    (row,) = collect("rolesanywhere_profiles", account)["rolesanywhere_profiles"]
    assert row == WHERE | {
        "arn": arn,
        "name": "p",
        "alias": "factory",
        "is_enabled": True,
        "has_session_policy": True,
        "managed_policy_arns": [],
        "duration_seconds": None,
        "role_arns": ["arn:a", "arn:b"],
    }
