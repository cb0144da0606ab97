"""Collector `oidc_providers`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, rows_of, scripted


def test_providers_but_for_one_that_was_deleted_meanwhile() -> None:
    whole = {
        "Url": "token.example.com",
        "ClientIDList": ["sts.amazonaws.com"],
        "ThumbprintList": ["ab"],
        "CreateDate": DAY,
    }
    known = {"arn:whole": whole, "arn:bare": {"Url": "bare.example.com"}, "arn:gone": None}
    account = scripted(
        {
            "iam:ListOpenIDConnectProviders": [{"Arn": arn} for arn in known],
            "iam:GetOpenIDConnectProvider": lambda OpenIDConnectProviderArn: known[OpenIDConnectProviderArn],
        }
    )
    first, second = rows_of("oidc_providers", account)
    assert first == {
        "account_id": MEMBER,
        "arn": "arn:whole",
        "url": "token.example.com",
        "client_ids": ["sts.amazonaws.com"],
        "thumbprints": ["ab"],
        "created_at": PLAIN,
    }
    assert (second["client_ids"], second["thumbprints"], second["created_at"]) == ([], [], None)
