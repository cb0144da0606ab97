"""Reports are swapped in whole; what fails half-way leaves the published ones alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.night import Night
from pipeline.publish import folder as publish

NIGHT, NEXT = date(2026, 11, 20), date(2026, 11, 21)


def put(home: Path, as_of: date, text: str) -> None:
    with publish.report(Night(home, as_of)) as folder:
        (folder / "index.html").write_text(text)


def test_latest_leads_to_the_last_report(tmp_path: Path) -> None:
    assert publish.shown(tmp_path) is None
    put(tmp_path, NIGHT, "one")
    put(tmp_path, NEXT, "two")
    put(tmp_path, NEXT, "two again")
    assert (tmp_path / "reports/latest/index.html").read_text() == "two again"
    assert (tmp_path / "reports/2026-11-20/index.html").read_text() == "one"
    assert publish.shown(tmp_path) == Night(tmp_path, NEXT)
    assert sorted(p.name for p in (tmp_path / "reports").iterdir()) == [
        "2026-11-20",
        "2026-11-21",
        "latest",
        "nights.js",
    ]
    assert (tmp_path / "reports/nights.js").read_text() == 'window.nights = ["2026-11-21", "2026-11-20"];\n'


def test_a_report_that_fails_leaves_the_published_one(tmp_path: Path) -> None:
    put(tmp_path, NIGHT, "one")

    def fail() -> None:
        with publish.report(Night(tmp_path, NEXT)) as folder:
            (folder / "index.html").write_text("half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert publish.shown(tmp_path) == Night(tmp_path, NIGHT)
    assert sorted(p.name for p in (tmp_path / "reports").iterdir()) == ["2026-11-20", "latest", "nights.js"]


def test_what_a_killed_run_left_is_cleared_away_and_its_report_comes_back(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    for name in (".new-2026-11-20-7", ".old-2026-11-20-7", ".old-2026-11-19-7", "2026-11-20"):
        (reports / name).mkdir(parents=True)
        (reports / name / "index.html").write_text(name)
    (reports / ".latest-7").symlink_to("2026-11-20")
    (reports / ".new-nights.js-7").touch()
    with publish.report(Night(tmp_path, date(2026, 11, 21))) as aside:
        (aside / "index.html").write_text("tonight")
    assert {path.name for path in reports.iterdir()} == {
        "2026-11-19",
        "2026-11-20",
        "2026-11-21",
        "latest",
        "nights.js",
    }
    assert (reports / "2026-11-19" / "index.html").read_text() == ".old-2026-11-19-7"
    assert (reports / "latest" / "index.html").read_text() == "tonight"
