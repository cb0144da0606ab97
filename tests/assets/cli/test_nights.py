"""`rolecall prune` and `rolecall rebuild`: old nights go, and a history is made again from the landings."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.night import DATABASE, WAREHOUSE
from tests.assets.cli.support import refused, rolecall
from tests.conftest import Loopback
from tests.nights import landed

NEWEST = date(2026, 11, 15)


def landings() -> list[str]:
    return sorted(path.name for path in Path("var/landing").glob("as_of=*"))


def test_old_landings_and_reports_go_when_asked_to() -> None:
    Path("var/warehouse.duckdb").unlink()
    for days in (1, 400, 401):
        Path(f"var/landing/as_of={NEWEST - timedelta(days=days)}").mkdir()
    Path("var/reports/2026-01-01").mkdir()
    before, options = landings(), ("--landings", "2", "--reports", "1")
    said = rolecall("prune", *options, "--dry-run").stdout
    assert "landings: 2 would be deleted: 2025-10-10, 2025-10-11" in said
    assert "reports: 1 would be deleted: 2026-01-01" in said
    assert landings() == before
    assert "landings: 2 deleted" in rolecall("prune", *options).stdout
    assert landings() == ["as_of=2026-11-14", "as_of=2026-11-15"]
    assert {path.name for path in Path("var/reports").iterdir()} == {"2026-11-15", "latest", "nights.js"}
    assert Path("var/reports/nights.js").read_text() == 'window.nights = ["2026-11-15"];\n'
    assert "landings: 0 deleted" in rolecall("prune", *options).stdout


def test_nothing_to_rebuild_from_is_refused() -> None:
    assert "nothing has landed there to rebuild from" in refused("rebuild", "--home", "empty")


@pytest.mark.slow
def test_a_history_is_made_again_from_the_landings(
    loopback: Loopback, tmp_path_factory: pytest.TempPathFactory
) -> None:
    landed(loopback, tmp_path_factory).copy(Path("home"))
    Path("home", WAREHOUSE).write_bytes(b"damaged")
    done = rolecall("rebuild", "--home", "home")
    assert done.exit_code == 0, done.stderr
    with duckdb.connect(f"home/{DATABASE}", read_only=True) as con:
        counted = con.execute("select count(distinct account_id), count(distinct control_id) from findings").fetchone()
    assert counted
    assert counted[0] > 40
    assert counted[1] > 90
    assert not list(Path("home").glob(f"{WAREHOUSE}.*"))
