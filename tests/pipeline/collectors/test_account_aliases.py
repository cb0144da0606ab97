"""Collector `account_aliases`."""

from __future__ import annotations

from tests.pipeline.collectors.support import MEMBER, rows_of, scripted


def test_the_alias_is_the_item_itself() -> None:
    rows = rows_of("account_aliases", scripted({"iam:ListAccountAliases": ["halden"]}))
    assert rows == [{"account_id": MEMBER, "alias": "halden"}]
