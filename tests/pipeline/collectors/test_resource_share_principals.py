"""Collector `resource_share_principals`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    ScriptedAccount,
    collect,
)


def test_with_whom_shares_are_shared_is_asked_where_there_are_any() -> None:
    arn = "arn:aws:ram:eu-central-1:111111111111:resource-share/a"
    answers = [{"resourceShareArn": arn, "id": "444455556666"}, {"resourceShareArn": arn, "id": "222222222222"}] * 2
    account = ScriptedAccount(
        {"ram:ListPrincipals": answers}, {"resource_shares": [{"share_arn": arn}]}, region="eu-central-1"
    )
    rows = collect("resource_share_principals", account)["resource_share_principals"]
    assert [(row["region"], row["share_arn"], row["principal"]) for row in rows] == [
        ("eu-central-1", arn, "222222222222"),
        ("eu-central-1", arn, "444455556666"),
    ]
    assert account.asked == [("ram:ListPrincipals", {"resourceOwner": "SELF"})]
    without = ScriptedAccount({}, {"resource_shares": []})
    assert collect("resource_share_principals", without) == {"resource_share_principals": []}
    assert without.asked == []
