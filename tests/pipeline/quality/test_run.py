"""Each kind of check finds what it is there to find, says so in a sentence, and finds nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline import landing
from pipeline.night import Night
from pipeline.quality import checkpoint, plausible, reconciled, run
from pipeline.schema import QUALITY_RESULTS
from pipeline.settings import Refused, Settings
from tests.pipeline.quality.support import (
    ALPHA,
    BETA,
    DATASETS,
    NIGHT,
    check,
    extracts,
    night,
    spoil,
    user,
)

FINDS = {
    "key twice": {"users.key_unique"},
    "name missing": {"users.user_name_present"},
    "arn malformed": {"users.patterns_as_declared", "users.named_elsewhere"},
    "kind unknown": {"users.kind_in_set", "users.values_known_or_said"},
    "kind unknown, and said": {"users.kind_in_set"},
    "used before AWS began": {"keys.values_possible"},
    "used later than the answer": {"keys.values_possible"},
    "uses negative": {"keys.values_possible"},
    "used, but never": {"keys.present_where_needed"},
    "answers of the day before": {"extracts.read_on_this_night"},
    "failed in the ledger": {"extracts.as_the_ledger_says"},
    "tags not JSON": {"users.json_as_declared"},
    "key of nobody": {"keys.user_name_found"},
    "no users": {
        "users.no_account_empty",
        "users.count_as_summarized",
        "users.count_not_short",
        "users.named_elsewhere",
        "keys.user_name_found",
        "extracts.rows_like_night_before",
    },
    "one user less than counted": {"users.count_as_summarized"},
    "half the users are missing": {"users.count_as_summarized", "users.count_not_short"},
    "parent unknown": {"organizational_units.parent_id_in_organization"},
    "report old": {"credential_report.report_is_fresh"},
    "rows lost after the extract": {"extracts.rows_as_extracted"},
    "account never called": {"extracts.every_account_called"},
    "half the accounts unread": {"extracts.accounts_read_above_floor"},
}


WARNINGS = {
    "users.kind_in_set",
    "users.count_as_summarized",
    "extracts.rows_like_night_before",
}


def test_a_good_night_passes_every_check(con: duckdb.DuckDBPyConnection) -> None:
    assert check(con, night(), night()) == {}


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize("what", FINDS)
def test_what_is_wrong_is_found_and_nothing_else(con: duckdb.DuckDBPyConnection, what: str) -> None:
    tables = night()
    spoil(tables, what)
    failed = check(con, tables, night())
    assert failed.keys() == FINDS[what]
    for name, result in failed.items():
        assert result.severity == ("warning" if name in WARNINGS else "blocking")
        assert result.unexpected_count
        assert result.sample
        assert result.message.endswith(".")


def test_rows_and_values_that_all_vanish_are_not_taken_for_none(con: duckdb.DuckDBPyConnection) -> None:
    before, now = night(), night()
    before["keys"] *= plausible.FEW
    before["extracts"] = extracts(before)
    now["keys"] = []
    now["extracts"] = extracts(now)
    failed = check(con, now, before)
    assert {row["account_id"] for row in failed["extracts.not_all_gone"].sample} == {ALPHA, BETA}
    now["users"] = [user(f"u{n}") | {"tags": None} for n in range(plausible.FEW)]
    now["extracts"] = extracts(now)
    filled = {"dataset": "users", "name": "tags", "filled": plausible.FEW}
    failed = check(con, now, filled=[filled])
    assert failed["extracts.columns_filled"].sample[0]["column"] == "tags"
    assert "extracts.columns_filled" not in check(con, now, filled=[filled | {"filled": plausible.FEW - 1}])


def test_a_column_that_stays_empty_is_taken_for_that_on_the_second_night(tmp_path: Path) -> None:
    nights = [Night(tmp_path, NIGHT - timedelta(days=days)) for days in (2, 1, 0)]
    users = DATASETS["users"]
    for each, rows in zip(nights, ([user("anna")], [], [user("otto")]), strict=True):
        each.landing_folder.mkdir(parents=True)
        landing.write(each, users, rows)
    tags = [[row for row in run.filled_before(each, [users]).to_pylist() if row["name"] == "tags"] for each in nights]
    assert tags == [[], [{"dataset": "users", "name": "tags", "filled": 1}], []]


def test_a_missing_column_is_found_and_what_cannot_be_computed_fails(con: duckdb.DuckDBPyConnection) -> None:
    check(con, night())
    con.execute("alter table raw_users rename kind to sort")
    results = run.run(con, reconciled.checks(DATASETS.values()), DATASETS)
    failed = {f"{r.dataset}.{r.check_name}": r for r in results if not r.passed}
    assert failed["users.columns_and_types"].sample == ({"name": "kind", "declared": "VARCHAR", "found": None},)
    assert failed["users.kind_in_set"].unexpected_count is None
    assert "could not be computed" in failed["users.kind_in_set"].message


def test_results_do_not_depend_on_the_order_of_rows(con: duckdb.DuckDBPyConnection) -> None:
    tables = night()
    tables["users"] += [user(f"u{n}", kind="robot") for n in range(40)]
    first = check(con, tables)["users.kind_in_set"]
    tables["users"].reverse()
    assert check(con, tables)["users.kind_in_set"] == first
    assert first.unexpected_count == 40
    assert len(first.sample) == run.SAMPLE_ROWS


def test_part_of_the_checks_leaves_the_other_results(tmp_path: Path) -> None:
    settings = Settings.model_construct(home=tmp_path)
    night = Night(tmp_path, NIGHT)
    night.landing_folder.mkdir(parents=True)
    everything = run.validate(settings, night)
    one = everything[0].key
    assert [result.key for result in run.validate(settings, night, {one})] == [one]
    landed = landing.read(night, QUALITY_RESULTS).to_pylist()
    assert [(row["dataset"], row["check_name"]) for row in landed] == [result.key for result in everything]
    assert all(json.loads(row["sample"]) is not None for row in landed)


def test_a_night_that_has_not_landed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing has landed for 2026-11-17"):
        run.validate(Settings.model_construct(home=tmp_path), Night(tmp_path, NIGHT))


def test_an_expectation_has_one_configuration_while_checks_run() -> None:
    with checkpoint.quiet():
        from great_expectations.expectations import ExpectTableRowCountToBeBetween
    expectation = ExpectTableRowCountToBeBetween(min_value=1)
    with checkpoint.unchanging():
        assert expectation.configuration is expectation.configuration
        assert expectation.configuration.kwargs == {"min_value": 1}
    assert expectation.configuration is not expectation.configuration
