"""Collector `saml_providers`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, rows_of, scripted


def test_the_name_is_the_end_of_the_arn() -> None:
    arn = f"arn:aws:iam::{MEMBER}:saml-provider/Okta"
    found = [{"Arn": arn, "CreateDate": DAY, "ValidUntil": DAY}, {"Arn": f"{arn}/x"}]
    first, second = rows_of("saml_providers", scripted({"iam:ListSAMLProviders": found}))
    assert first == {"account_id": MEMBER, "arn": arn, "name": "Okta", "created_at": PLAIN, "valid_until": PLAIN}
    assert (second["name"], second["valid_until"]) == ("Okta/x", None)
