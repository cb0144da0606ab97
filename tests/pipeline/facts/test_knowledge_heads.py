"""How old each list is."""

from __future__ import annotations

from datetime import date

from pipeline import knowledge
from pipeline.facts import knowledge_heads


def test_every_list_has_its_day_and_data_that_are_older_count_as_older() -> None:
    rows = {row["name"]: row for row in knowledge_heads.TABLE.table(list(knowledge_heads.rows({}))).to_pylist()}
    assert rows.keys() == {*knowledge.names(), "service_authorization"}
    assert rows["vendor_accounts"]["read_on"] == date(2025, 9, 17) < knowledge.load("vendor_accounts").head.read_on
    assert rows["service_authorization"]["read_on"] > date(2026, 1, 1)
