"""Collector `rolesanywhere_crls`."""

from __future__ import annotations

from tests.pipeline.collectors.support import WHERE, rows_of, scripted


def test_an_enabled_list_and_one_that_is_not() -> None:
    found = [
        {"crlArn": "arn:1", "enabled": True, "trustAnchorArn": "arn:anchor"},
        {"crlArn": "arn:2", "enabled": False},
    ]
    assert rows_of("rolesanywhere_crls", scripted({"rolesanywhere:ListCrls": found})) == [
        WHERE | {"arn": "arn:1", "is_enabled": True, "trust_anchor_arn": "arn:anchor"},
        WHERE | {"arn": "arn:2", "is_enabled": False, "trust_anchor_arn": None},
    ]
