"""Accounts that vendors have published."""

from __future__ import annotations

from pipeline.facts import known_vendors


def test_vendors_are_named_and_told_from_services_of_aws() -> None:
    vendors = {row["account_id"]: row for row in known_vendors.rows({})}
    datadog = vendors["464622532012"]
    assert (datadog["vendor"], datadog["is_aws"]) == ("Datadog", False)
    assert datadog["source"].startswith("https://")
    assert vendors["386209384616"]["is_aws"]


def test_an_account_has_one_row_that_fits_the_table() -> None:
    rows = list(known_vendors.rows({}))
    assert known_vendors.TABLE.table(rows).num_rows == len({row["account_id"] for row in rows}) > 100
    assert [row["account_id"] for row in rows] == sorted(row["account_id"] for row in rows)


def test_names_of_owners_that_share_an_account_are_joined() -> None:
    shared = [row["vendor"] for row in known_vendors.rows({}) if ", " in row["vendor"]]
    assert all(len(set(names)) == len(names) > 1 for names in (text.split(", ") for text in shared))


def test_a_judgement_of_nothing() -> None:
    assert (known_vendors.JUDGES, known_vendors.QUERIES) == ((), {})
