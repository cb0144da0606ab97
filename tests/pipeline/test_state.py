"""The version of a home: a newer one is refused, an older one is marked and said, and both before anything changes."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from assets import home
from pipeline import landing, raw, state
from pipeline.night import WAREHOUSE, Night
from pipeline.publish import database
from pipeline.quality.run import validate
from pipeline.schema import EXTRACTS
from pipeline.settings import Refused
from pipeline.warehouse import build, history, store
from tests import nights
from tests.conftest import Loopback

NEWER = rf"a newer version of Rolecall wrote it \(state version {state.VERSION + 1}, this one knows {state.VERSION}\)"
FIRST = date(2026, 11, 20)


def test_a_new_home_is_marked_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with home.held(tmp_path / "new"):
        assert state.found(tmp_path / "new") == state.VERSION
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("mark", "said"), [(None, "an earlier version's state"), ("2\n", "state version 2")])
def test_an_older_home_is_marked_and_it_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mark: str | None, said: str
) -> None:
    (tmp_path / "landing").mkdir()
    if mark:
        (tmp_path / state.MARK).write_text(mark)
    for expected in (f"{tmp_path}: {said} is now version {state.VERSION}", ""):
        with home.held(tmp_path):
            assert capsys.readouterr().out.startswith(expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == [home.LOCK, state.MARK, "landing"]


def test_a_newer_home_is_refused_by_all_that_writes_or_reads_it(tmp_path: Path) -> None:
    (tmp_path / state.MARK).write_text(f"{state.VERSION + 1}\n")
    before = sorted(tmp_path.iterdir())
    for opened in (home.held, database.reading):
        with pytest.raises(Refused, match=NEWER), opened(tmp_path):
            pass
    with pytest.raises(Refused, match=NEWER):
        store.nights_known(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_a_newer_warehouse_is_refused_whatever_the_home_says(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / WAREHOUSE) as con:
        con.execute("create table state_version as select ?::integer as version", [state.VERSION + 1])
    before = (tmp_path / WAREHOUSE).read_bytes()
    for opened in (store.reading, store.writing):
        with pytest.raises(Refused, match=rf"warehouse\.duckdb: {NEWER}"), opened(tmp_path):
            pass
    assert (tmp_path / WAREHOUSE).read_bytes() == before


def test_a_mark_that_is_no_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / state.MARK).write_text("three")
    with pytest.raises(Refused, match=rf"{state.MARK}: it holds no version number"):
        state.check(tmp_path)


# The history as 0.1 and 0.2 wrote it.
OLDER = {
    "0.1": ("blocked_reason", "score"),
    "0.2": ("held_back_reason", "score"),
}


@pytest.mark.parametrize("release", OLDER)
def test_a_history_of_each_release_is_brought_up_to_date_with_all_it_holds(tmp_path: Path, release: str) -> None:
    reason, rate = OLDER[release]
    with duckdb.connect(tmp_path / WAREHOUSE) as con:
        con.execute(f"create table history_nights (as_of date primary key, {reason} varchar)")
        con.execute(
            "create table history_spans (control_id varchar, account_id varchar, region varchar, resource varchar, "
            "verdict varchar, from_as_of date, to_as_of date)"
        )
        con.execute(
            "create table history_guardrails "
            "(as_of date, account_id varchar, policy_type varchar, objective varchar, met varchar)"
        )
        con.execute(
            "create table history_measures "
            f"(as_of date, scope varchar, key varchar, pass bigint, fail bigint, {rate} double, coverage double)"
        )
        con.execute("insert into history_nights values ('2026-11-20', null), ('2026-11-21', 'lost')")
        con.execute("insert into history_spans values ('c', '1', 'global', 'a', 'fail', '2026-11-20', '2026-11-20')")
        con.execute("insert into history_measures values ('2026-11-20', 'overall', '', 3, 1, 75, 100)")
    assert store.nights_known(tmp_path) == ({FIRST}, {date(2026, 11, 21): "lost"})
    with store.writing(tmp_path) as con:
        assert history.version(con) == state.VERSION
        assert con.execute("select pass_rate, coverage, controls_met from history_measures").fetchall() == [
            (75, 100, None)
        ]
        assert con.execute("select resource, from_as_of from history_spans").fetchall() == [("a", FIRST)]
        history.note_night(con, date(2026, 11, 22), None)
    assert store.nights_known(tmp_path)[0] == {FIRST, date(2026, 11, 22)}


def test_a_history_of_no_version_is_refused_with_what_makes_it_anew(tmp_path: Path) -> None:
    with store.writing(tmp_path) as con:
        con.execute("alter table history_spans drop column region")
    with pytest.raises(Refused, match=r"its history lacks history_spans\.region; `rolecall rebuild` makes it anew"):
        store.note_held_back(Night(tmp_path, FIRST), "lost")


# A home of 0.2: what its landing lacks, and its warehouse.
LACKS_COLUMNS = {
    "analyzers": ["configuration_error", "managed_by"],
    "credential_report": ["additional_credentials_info"],
    "ec2_instances": ["operator_principal"],
    "organization_policies": ["characters"],
    "role_session_durations": ["role_template_arn"],
    "register": ["operation", "dataset"],
}
LACKS = ("identity_center_settings", "invalid_effective_policies", "management_policies", "access_keys")


@pytest.mark.slow
def test_a_night_of_0_2_is_judged_as_far_as_it_was_read_and_its_history_stays(
    loopback: Loopback, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    landed = nights.landed(loopback, tmp_path_factory)
    landed.copy(tmp_path)
    night = Night(tmp_path, landed.plan.as_of)
    as_0_2_landed(night)
    with duckdb.connect(tmp_path / WAREHOUSE) as con:
        con.execute("create table history_nights (as_of date primary key, held_back_reason varchar)")
        con.execute("insert into history_nights values ('2026-11-01', null)")
    settings = loopback.settings(tmp_path, exceptions_file=landed.register)
    with home.held(tmp_path):
        assert [result.message for result in validate(settings, night) if result.is_blocking] == []
        build.build(settings, night)
    assert store.nights_known(tmp_path)[0] == {date(2026, 11, 1), night.as_of}
    with store.reading(tmp_path) as con:
        classes = (
            "select distinct error_class from coverage where dataset = ? and status = 'failed' and error_class = ?"
        )
        for dataset in LACKS_COLUMNS.keys() - {"register"}:
            assert con.execute(classes, [dataset, raw.OLDER_LANDING]).fetchall() == [(raw.OLDER_LANDING,)], dataset
        verdicts = (
            "select distinct verdict from findings where control_id in ('key_rotation', 'tag_policies') order by 1"
        )
        assert con.execute(verdicts).fetchall() == [("unknown",)]
        passed = con.execute("select count(distinct control_id) from findings where verdict in ('pass', 'fail')")
        assert (passed.fetchone() or (0,))[0] > 50


def as_0_2_landed(night: Night) -> None:
    """Take out of a landing what 0.2 did not read."""
    for name, columns in LACKS_COLUMNS.items():
        for file in (night.landing_folder / name).glob("*.parquet"):
            pq.write_table(pq.read_table(file).drop_columns(columns), file)
    for name in LACKS:
        shutil.rmtree(night.landing_folder / name)
    extracts = landing.read(night, EXTRACTS).to_pylist()
    landing.write(night, EXTRACTS, [row for row in extracts if row["dataset"] not in LACKS])
