"""Each invariant is broken on purpose, one change at a time; and what a night that breaks one leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.night import WAREHOUSE, Night
from pipeline.publish import database
from pipeline.settings import Settings
from pipeline.warehouse import build, history, invariants, store
from pipeline.warehouse.invariants import Broken
from tools.generated import Organization, land

AS_OF = date(2026, 11, 20)
ORGANIZATION = Organization(accounts=2, roles=12)
ROLE = "control_id = 'unused_roles' and resource like '%role/app-00003'"

BREAKS = {
    "every verdict is one of the six": f"update judgements set verdict = 'passed' where {ROLE}",
    "every judgement names its account, Region and resource": f"update judgements set resource = null where {ROLE}",
    "a control has one verdict on a resource": f"insert into judgements from judgements where {ROLE}",
    "every control has a verdict in every account that it is owed by": (
        "delete from judgements where control_id = 'key_rotation'"
    ),
    "every judgement of a control is its result": f"update judgements set verdict = 'fail' where {ROLE}",
    "every result of a control is a judgement, unless it rests on what could not be read": (
        f"delete from judgements where {ROLE}"
    ),
    "as many findings as judgements": f"insert into findings from findings where {ROLE}",
    "every judgement is a finding, once": f"update findings set verdict = 'fail' where {ROLE}",
    "as many spans on the night as findings": f"delete from history_spans where {ROLE}",
    "every finding has its span": f"update findings set last_changed = last_changed - 1 where {ROLE}",
    "verdicts by control and account are those of the findings": (
        "update control_account_counts set pass = pass - 1, fail = fail + 1 where control_id = 'unused_roles'"
    ),
    "scores_by_control has the verdicts of the findings": (
        "update scores_by_control set unknown = unknown + 1 where control_id = 'unused_roles'"
    ),
    "scores_by_account has the verdicts of the findings": "update scores_by_account set exempt = exempt + 1",
    "scores_by_practice has the verdicts of the findings": "delete from scores_by_practice where practice = 9",
    "scores_overall has the verdicts of the findings": "update scores_overall set manual = manual + 1",
    "critical and high findings are those of the findings, in as many accounts": (
        "update scores_overall set accounts_with_critical = accounts_with_critical + 1"
    ),
    "a control is met where it was judged and nothing fails": (
        "update scores_by_account set met = met - 1, not_met = not_met + 1"
    ),
    "accounts that meet a best practice are those of the findings": (
        "update scores_by_practice set accounts_met = accounts_met + 1 where practice = 9"
    ),
    "the findings, the scores and the contract are of the night": "update contract set as_of = as_of - 1",
    "the night is in the history": "update history_nights set held_back_reason = 'lost'",
}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    made = Night(tmp_path_factory.mktemp("home"), AS_OF)
    land(made, ORGANIZATION)
    build.build(Settings(home=made.home), made)
    return made


@pytest.fixture
def con(night: Night) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse in a transaction that is rolled back."""
    with duckdb.connect(night.home / WAREHOUSE) as connection:
        connection.execute("begin")
        yield connection
        connection.execute("rollback")


def names(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The invariants that do not hold."""
    return {sentence.split(": broken ")[0] for sentence in invariants.broken(con, AS_OF)}


def test_a_night_as_it_is_breaks_none(con: duckdb.DuckDBPyConnection) -> None:
    assert list(invariants.broken(con, AS_OF)) == []


def test_every_invariant_is_broken_here() -> None:
    assert BREAKS.keys() == invariants.INVARIANTS.keys()


@pytest.mark.parametrize("name", BREAKS)
def test_what_breaks_an_invariant_is_found(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(BREAKS[name])
    assert name in names(con)


def test_rows_that_a_scan_does_not_see_are_missed_by_their_count(con: duckdb.DuckDBPyConnection) -> None:
    """As DuckDB 2.0.0 did: the findings are empty, and so is everything that is read from the spans."""
    con.execute("delete from findings")
    assert {"as many findings as judgements", "every judgement is a finding, once"} <= names(con)
    with pytest.raises(Broken, match=r"^2026-11-20 is not published: it contradicts itself: .*as many findings as"):
        invariants.check(con, AS_OF)


def test_a_sentence_says_how_often_and_names_the_first(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"insert into judgements from judgements where {ROLE}")
    (sentence,) = (s for s in invariants.broken(con, AS_OF) if s.startswith("a control has one verdict"))
    assert sentence == (
        "a control has one verdict on a resource: broken 2 times, first by control_id = unused_roles, "
        "account_id = 100000000000, region = global, resource = arn:aws:iam::100000000000:role/app-00003, verdicts = 2"
    )


def test_a_build_that_breaks_one_changes_nothing(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    later = night.on(AS_OF + timedelta(days=1))
    land(later, ORGANIZATION)
    recorders = {**history.RECORDERS, "history_spans": lambda con, as_of: None}
    monkeypatch.setattr(history, "RECORDERS", recorders)
    with pytest.raises(Broken, match="as many spans on the night as findings"):
        build.build(Settings(home=night.home), later)
    with store.reading(night.home) as con:
        assert history.judged_dates(con) == [AS_OF]
        assert store.built_date(con) == AS_OF


def test_a_copy_that_differs_is_not_published(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    path, shown = database.publish(Settings(home=night.home), night)
    before = path.read_bytes()
    assert shown == night
    said = database.comment

    def lose(con: duckdb.DuckDBPyConnection, table: str, title: str, columns: dict[str, str]) -> None:
        said(con, table, title, columns)
        if table == "main.findings":
            con.execute(f"delete from {table} where {ROLE}")

    monkeypatch.setattr(database, "comment", lose)
    with pytest.raises(Broken, match=r"findings is copied whole: broken 1 time, first by copied = \d+, original = "):
        database.publish(Settings(home=night.home), night)
    assert path.read_bytes() == before
    assert list(night.home.glob(".rolecall*")) == []


@pytest.mark.slow
def test_a_large_organization_keeps_its_findings_for_two_nights(tmp_path: Path) -> None:
    """More verdicts than a row group of DuckDB, where 2.0.0 published none of them."""
    organization, changed = Organization(accounts=40, roles=370), 1_000
    settings, first = Settings(home=tmp_path), Night(tmp_path, AS_OF)
    for night, used_again in ((first, 0), (first.on(AS_OF + timedelta(days=1)), changed)):
        land(night, organization, used_again)
        build.build(settings, night)
        path, _ = database.publish(settings, night)
        with duckdb.connect(path, read_only=True) as con:
            ((findings, resources, last),) = con.execute(
                "select count(*), count(distinct (control_id, account_id, region, resource)), max(as_of) from findings"
            ).fetchall()
            changes = con.execute("select control_id, change, count(*) from finding_changes group by all").fetchall()
            ((open_fails, fails),) = con.execute(
                "select (select count(*) from finding_life where state = 'open'), "
                "(select count(*) from findings where verdict = 'fail')"
            ).fetchall()
        assert findings == resources > 200_000
        assert open_fails == fails > 0
        assert last == night.as_of
    assert changes == [("unused_roles", "fixed", changed)]
