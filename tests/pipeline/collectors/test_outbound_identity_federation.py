"""Collector `outbound_identity_federation`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.collectors.support import (
    ScriptedAccount,
    collect,
)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, (False, None)),
        ({"IssuerIdentifier": "https://x.example", "JwtVendingEnabled": True}, (True, "https://x.example")),
        ({"IssuerIdentifier": "https://x.example", "JwtVendingEnabled": False}, (False, "https://x.example")),
    ],
)
def test_outbound_federation_that_is_off_is_a_row_too(answer: Any, expected: tuple[bool, str | None]) -> None:
    account = ScriptedAccount({"iam:GetOutboundWebIdentityFederationInfo": answer})
    (row,) = collect("outbound_identity_federation", account)["outbound_identity_federation"]
    assert (row["is_enabled"], row["issuer_url"]) == expected
