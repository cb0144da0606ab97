"""`rolecall rollup`: organizations side by side; a home without a night is shown, and is not in the sums."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import state
from pipeline.night import DATABASE
from pipeline.publish.rollup import Line, mean, total
from tests.assets.cli.support import refused, rolecall


def rolled(*homes: str) -> tuple[int, list[dict[str, Any]]]:
    done = rolecall("rollup", *homes, "--format", "json")
    return done.exit_code, json.loads(done.stdout)


@pytest.fixture
def other(published: str, tmp_path: Path) -> str:
    """A second organization, of another night."""
    home = tmp_path / "other"
    home.mkdir()
    shutil.copy(Path(published, DATABASE), home)
    with duckdb.connect(home / DATABASE) as con:
        con.execute("update scores_overall set as_of = date '2026-11-02', critical = 7, accounts_expected = 9")
        con.execute("update staging.stg_organization set organization_id = 'o-other00001'")
    return str(home)


def test_homes_stand_side_by_side_and_are_added_up(published: str, other: str) -> None:
    code, (first, second, added) = rolled(published, other)
    assert code == 0
    with duckdb.connect(Path(published, DATABASE), read_only=True) as con:
        query = "select accounts_expected, critical, high, expected, judged, as_of from scores_overall"
        ((accounts, critical, high, expected, judged, as_of),) = con.execute(query).fetchall()
    assert (first["accounts"], first["critical"], first["high"]) == (accounts, critical, high)
    assert first["as_of"] == str(as_of)
    assert (second["organization"], second["critical"]) == ("o-other00001", 7)
    assert (added["home"], added["accounts"], added["critical"]) == ("total", accounts + 9, critical + 7)
    assert added["coverage"] == pytest.approx(100 * judged / expected, abs=0.001)
    assert added["as_of"] == "2026-11-02"


def test_a_home_without_a_night_is_shown_with_the_reason_and_not_counted(published: str, tmp_path: Path) -> None:
    code, (first, lacking, added) = rolled(published, "nowhere")
    assert code == 1
    assert "nothing is published there yet" in lacking["problem"]
    assert lacking["critical"] is None
    assert added["problem"] == "without 1 of 2 homes"
    assert added["critical"] == first["critical"]
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / state.MARK).write_text("99")
    code, (_, lacking, _) = rolled(published, str(newer))
    assert (code, "a newer version of Rolecall wrote it" in lacking["problem"]) == (1, True)


def test_no_home_with_a_night_is_refused() -> None:
    assert "nothing is published there yet" in refused("rollup", "nowhere", "neither")


def test_controls_met_weigh_by_accounts_and_are_null_for_want_of_data() -> None:
    assert mean([(90.0, 1), (60.0, 2)]) == 70
    assert mean([(90.0, 1), (None, 2)]) is None
    assert mean([]) is None
    assert total([Line("a", problem="none")]).coverage is None
