"""Old landings and reports go; the newest night, the published one and what datasets look back to stay."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.night import Night
from pipeline.publish import folder, retention
from pipeline.schema import Dataset

NEWEST = date(2026, 11, 20)
LOOKS_BACK = Dataset("generations", "...", "account", (), (), (), history_days=10)


def report(home: Path, as_of: date) -> None:
    with folder.report(Night(home, as_of)) as made:
        (made / "index.html").write_text(str(as_of))


def land(home: Path, *ages: int) -> None:
    for age in ages:
        Night(home, NEWEST - timedelta(days=age)).landing_folder.mkdir(parents=True)


def prune(home: Path, keep_landings: int = 0, keep_reports: int = 0) -> None:
    retention.prune(retention.outdated(home, keep_landings, keep_reports, [LOOKS_BACK]))


def ages(home: Path) -> list[int]:
    """The ages in days of the landings left, newest first."""
    dates = [date.fromisoformat(path.name.removeprefix("as_of=")) for path in (home / "landing").glob("as_of=*")]
    return sorted((NEWEST - as_of).days for as_of in dates)


@pytest.mark.parametrize(
    ("keep", "left"), [(0, [0, 1, 10, 11, 30]), (1, [0, 1, 10]), (4, [0, 1, 10, 11]), (9, [0, 1, 10, 11, 30])]
)
def test_landings_that_a_dataset_looks_back_to_stay(tmp_path: Path, keep: int, left: list[int]) -> None:
    land(tmp_path, 0, 1, 10, 11, 30)
    prune(tmp_path, keep_landings=keep)
    assert ages(tmp_path) == left


def test_the_landing_of_the_published_night_stays(tmp_path: Path) -> None:
    land(tmp_path, 0, 30, 40)
    report(tmp_path, NEWEST - timedelta(days=40))
    prune(tmp_path, keep_landings=1, keep_reports=1)
    assert ages(tmp_path) == [0, 40]


def test_an_empty_home_has_nothing_to_delete(tmp_path: Path) -> None:
    assert retention.outdated(tmp_path, 1, 1, []) == retention.Outdated([], [])


def test_only_the_newest_reports_are_kept_and_the_one_that_latest_shows(tmp_path: Path) -> None:
    for as_of in (date(2026, 11, day) for day in (17, 18, 19, 20)):
        report(tmp_path, as_of)
    reports, elsewhere = tmp_path / "reports", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "index.html").write_text("kept")
    (reports / "2026-11-01").symlink_to(elsewhere)
    for name in ("20261102", "2026-11-3", "notes"):
        (reports / name).mkdir()
    folder.point(reports / folder.LATEST, "2026-11-18")
    prune(tmp_path, keep_reports=0)
    assert len(list(reports.iterdir())) == 10
    prune(tmp_path, keep_reports=1)
    assert {path.name for path in reports.iterdir()} == {
        *("2026-11-18", "2026-11-20", "latest", "nights.js"),
        *("2026-11-01", "20261102", "2026-11-3", "notes"),
    }
    assert (elsewhere / "index.html").read_text() == "kept"
