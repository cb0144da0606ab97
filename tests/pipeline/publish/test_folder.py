"""Reports are swapped in whole; what fails half-way leaves the published ones alone."""

from __future__ import annotations

import os
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


def test_what_did_not_change_is_stored_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def files(as_of: date, page: str) -> tuple[os.stat_result, os.stat_result]:
        with publish.report(Night(tmp_path, as_of)) as folder:
            (folder / "assets").mkdir()
            (folder / "assets/plotly.min.js").write_text("a library")
            (folder / "index.html").write_text(page)
        shown = tmp_path / f"reports/{as_of}"
        assert not list(shown.rglob(".*"))
        return (shown / "assets/plotly.min.js").stat(), (shown / "index.html").stat()

    files(NIGHT, "page")
    library, page = files(NEXT, "a page")
    assert (library.st_nlink, page.st_nlink) == (2, 1)
    assert files(NEXT, "new page")[0].st_nlink == 2  # once more the same night
    publish.remove(Night(tmp_path, NIGHT))
    assert (tmp_path / f"reports/{NEXT}/assets/plotly.min.js").read_text() == "a library"

    def refused(source: Path, target: Path) -> None:
        raise OSError("no hard links here")

    monkeypatch.setattr(os, "link", refused)
    assert files(date(2026, 11, 22), "page")[0].st_nlink == 1


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
