"""Collector `ec2_metadata_defaults`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    WHERE,
    collect,
    scripted,
)


def test_defaults_are_one_row_even_where_there_are_none() -> None:
    operation = "ec2:GetInstanceMetadataDefaults"
    (none,) = collect("ec2_metadata_defaults", scripted({operation: {"AccountLevel": {}}}))["ec2_metadata_defaults"]
    assert none == WHERE | {"http_tokens": None, "http_tokens_enforced": None, "managed_by": None}
    given = {"HttpTokens": "required", "HttpTokensEnforced": "enabled", "ManagedBy": "account"}
    (some,) = collect("ec2_metadata_defaults", scripted({operation: {"AccountLevel": given}}))["ec2_metadata_defaults"]
    assert list(some.values())[2:] == ["required", "enabled", "account"]
