"""Services that say for whom they act."""

from __future__ import annotations

from pipeline.facts import trust_services


def test_services_are_named_as_trust_policies_name_them_and_documented() -> None:
    rows = list(trust_services.rows({}))
    assert trust_services.TABLE.table(rows).num_rows == len({row["service"] for row in rows}) > 10
    for row in rows:
        assert not row["service"].endswith((".com", ".cn"))
        assert row["page"].startswith("https://docs.aws.amazon.com/")
