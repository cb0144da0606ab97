"""The summary on one page of paper and the charts as pictures, by the Chromium that is installed."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from choreographer import Tab
from pypdf import PdfReader

from pipeline.publish.lead import LEAD, lead
from pipeline.rows import rows
from reports import chromium, documents, site
from reports.documents import CHARTS, LINK, PDF
from reports.filters import NOTHING, percent
from tests.reports import published
from tests.reports.conftest import CHROMIUM, Document, needs_chromium

pytestmark = pytest.mark.slow

NAME = "<script>alert('x')</script>\u202e\"R&D\" " + "W" * 2000
HOSTILE = """
    update accounts set name = $name, owner = $name;
    update controls set title = $name, severity = 'critical';
    update coverage set operation = $name, error_class = $name, message = $name where status = 'failed';
    update finding_changes set severity = 'critical', change = 'new fail', resource = $name;
    update scores_overall set expected = 100000 * expected, judged = 100000 * judged, critical = 100000 * critical,
        high = 100000 * high, critical_change = 12345, high_change = -12345, met_change = 12.3;
    update scores_by_practice set critical = 100000 * critical, high = 100000 * high;
    update repairs set name = $name, kind = 'role', findings = 100000 * findings, accounts = 12345
"""
PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11)}
PIXELS = """
new Promise((resolve, reject) => {
  const image = new Image();
  image.onerror = reject;
  image.onload = () => {
    const canvas = new OffscreenCanvas(image.width, image.height), draw = canvas.getContext("2d"), counts = {};
    draw.drawImage(image, 0, 0);
    const data = draw.getImageData(0, 0, image.width, image.height).data;
    for (let i = 0; i < data.length; i += 4) {
      const colour = `${data[i]},${data[i + 1]},${data[i + 2]}`;
      counts[colour] = (counts[colour] ?? 0) + 1;
    }
    resolve({width: image.width, height: image.height, counts});
  };
  image.src = "data:image/png;base64,%s";
})
"""
COLOURS = {
    "trend": ("125,23,18", "192,70,58"),
    "accounts-map": ("125,23,18", "221,154,86"),
    "open-fails": ("125,23,18", "192,70,58", "221,154,86", "217,200,164"),
    **dict.fromkeys(("reach", "trust"), ("236,217,180",)),
    "ends": ("217,138,128", "236,217,180"),
    "overview": ("31,79,125", "29,33,38"),
}
"""Colours of the light scheme that the drawing of each is made with."""
FILLED = ("accounts-map", "reach", "trust", "ends")
"""Charts that leave little of the ground."""


@dataclass(frozen=True)
class Made:
    """A site with its documents."""

    folder: Path
    said: documents.Documents
    seconds: float

    def text(self) -> str:
        return paper_text((self.folder / PDF).read_bytes())


def paper_text(pdf: bytes) -> str:
    (page,) = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(page.extract_text().split())


@pytest.fixture(scope="module")
def made(built: site.Site, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("documents") / "site"
    shutil.copytree(built.folder, folder)
    started = time.perf_counter()
    said = documents.make(folder)
    return Made(folder, said, time.perf_counter() - started)


@pytest.fixture(scope="module")
def papers(
    built: site.Site, first_night: site.Site, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], bytes]:
    """The summary of several sites on each paper, by one Chromium."""
    folder = tmp_path_factory.mktemp("papers")
    hostile = published.write(folder / "hostile.duckdb", accounts=published.many(30))
    unread = published.write(folder / "unread.duckdb", accounts=[(*a[:6], "not read", "no") for a in published.many(9)])
    for database, values in ((hostile, [NAME]), (unread, ["no"])):
        with duckdb.connect(str(database)) as con:
            for statement in HOSTILE.split(";") if database is hostile else ():
                con.execute(statement, {"name": values[0]} if "$name" in statement else None)
    sites = {
        "fixture": built.folder,
        "first night": first_night.folder,
        "hostile": site.build(hostile, folder / "hostile", notice=NAME).folder,
        "unread": site.build(unread, folder / "unread").folder,
    }

    async def print_all(tab: Tab) -> dict[tuple[str, str], bytes]:
        printed = {}
        for name, where in sites.items():
            await chromium.visit(tab, where / "summary.html")
            for paper, size in PAPERS.items():
                printed[name, paper] = await documents.pdf(tab, *size)
        return printed

    return chromium.run(str(CHROMIUM), print_all)


@needs_chromium
def test_they_are_made_and_named(made: Made) -> None:
    assert str(made.said) == f"summary.pdf, {len(COLOURS)} charts"
    assert sorted(made.said.charts) == sorted(COLOURS)
    assert sorted(p.name for p in (made.folder / CHARTS).iterdir()) == sorted(f"{name}.png" for name in COLOURS)
    assert made.seconds < 15


@needs_chromium
def test_the_pdf_has_a_title_and_can_be_read_aloud(made: Made) -> None:
    pdf = PdfReader(made.folder / PDF)
    assert len(pdf.pages) == 1
    assert pdf.metadata is not None
    assert pdf.metadata.title == f"Executive summary · management · IAM, {published.AS_OF}"
    root: Any = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value
    assert root["/Lang"] == "en"
    assert "/StructTreeRoot" in root
    assert "/Annots" not in pdf.pages[0]
    assert b"file:" not in (made.folder / PDF).read_bytes()


@needs_chromium
def test_the_pdf_has_the_figures_of_the_database(made: Made, database: Path) -> None:
    text = made.text()
    with duckdb.connect(str(database), read_only=True) as con:
        (overall,) = rows(con, LEAD)
        practices = con.execute("""select practice, practice_title, accounts_met, accounts_met + accounts_not_met,
            coverage, critical, high from scores_by_practice""").fetchall()
        repairs = con.execute("select place, severity, findings, accounts from repairs order by place limit 6")
        first = repairs.fetchall()
    assert str(lead(overall)) in text
    assert f"{overall['high']:,} high" in text
    for number, title, met, known, coverage, critical, high in practices:
        accounts = f"{met} of {known}" if known else NOTHING
        assert f"{number} {title} {accounts} {percent(coverage)} {critical} {high}" in text
    assert len(first) == 6
    for place, *rest in first:
        assert f"{place} " in text
        assert " ".join(map(str, rest)) in text
    assert "sts:AssumeRole assume role failed since 2026-11-20" in text
    assert "8 of 9 checks on tonight's data passed; 1 failed, 0 of them blocking." in text


@needs_chromium
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("name", ["fixture", "first night", "hostile", "unread"])
def test_it_is_one_page_to_its_last_line(papers: dict[tuple[str, str], bytes], name: str, paper: str) -> None:
    (page,) = PdfReader(io.BytesIO(papers[name, paper])).pages
    inches = [float(side) / 72 for side in page.mediabox[2:]]
    assert inches == pytest.approx(PAPERS[paper], abs=0.02)
    text = paper_text(papers[name, paper])
    assert text.startswith("IAM best practices")
    assert "Changes compare only what was judged on both nights." in text
    assert "coverage" in text
    assert "14 Delegate with permissions boundaries" in text
    lowest = []
    page.extract_text(visitor_text=lambda text, cm, tm, *_: lowest.append(cm[5] + tm[5] * cm[3]) if text.strip() else 0)
    assert all(10 < y < float(page.mediabox[3]) for y in lowest)


@needs_chromium
def test_hostile_names_are_text(papers: dict[tuple[str, str], bytes]) -> None:
    text = paper_text(papers["hostile", "A4"])
    assert text.count("<script>alert('x')</script>\\u202e") > 6
    assert "\u202e" not in text
    assert "111111111111" in text
    assert "WWW…" in text
    assert "Not the newest night." in text


@needs_chromium
def test_little_data_gives_no_percentage_on_paper(papers: dict[tuple[str, str], bytes]) -> None:
    text = paper_text(papers["unread", "A4"])
    assert "of controls met: not enough data" in text
    assert "No critical finding is open in 0 accounts" in text
    assert f"What could not be read {len(published.many(9))} accounts" in text


@needs_chromium
def test_the_first_night_says_what_is_not_there_yet(papers: dict[tuple[str, str], bytes]) -> None:
    text = paper_text(papers["first night", "A4"])
    for words in (
        "; this is the first night.",
        "This is the first night: nothing to compare",
        "Every call to every account in scope",
    ):
        assert words in text


@needs_chromium
def test_the_pictures_show_the_charts_in_light_colours(made: Made) -> None:
    async def look(tab: Tab) -> dict[str, dict[str, Any]]:
        await chromium.visit(tab, made.folder / "quality.html")
        return {
            name: await chromium.evaluate(tab, PIXELS % b64encode(path.read_bytes()).decode())
            for name, path in ((name, made.folder / CHARTS / f"{name}.png") for name in COLOURS)
        }

    for name, picture in chromium.run(str(CHROMIUM), look).items():
        counts = picture["counts"]
        assert all(counts.get(colour, 0) > 200 for colour in COLOURS[name]), name
        ground = max(counts, key=counts.__getitem__)
        assert ground in ("255,255,255", "251,250,247") or name in FILLED, name
        if name == "overview":
            assert (picture["width"], picture["height"]) == (2720, 1800)
        else:
            assert picture["width"] > 700
            assert picture["height"] > 500


@needs_chromium
def test_the_page_names_the_pdf_once_there_is_one(made: Made, built: site.Site) -> None:
    hrefs = [attrs.get("href") for _, attrs in Document(made.folder / "summary.html").tags]
    assert hrefs.count(PDF) == 1
    assert PDF not in (built.folder / "summary.html").read_text(encoding="utf-8").replace(documents.PLACE, "")


def test_without_chromium_it_is_said(built: site.Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert str(documents.make(built.folder)) == (
        "none: no Chromium was found; install Debian's package chromium, or set CHROMIUM"
    )
    assert not (built.folder / PDF).exists()
    assert LINK not in (built.folder / "summary.html").read_text(encoding="utf-8")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nowhere"))
    assert str(documents.make(built.folder)) == f"none: {tmp_path / 'nowhere'} is not a program that can be run"


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files of a test, which must leave none, nor a process that knows of it.

    Its path is short: Chromium puts a socket into it.
    """
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)
        assert os.listdir(folder) == []
        # Chromium's crash handler ends by itself, once it sees that Chromium has.
        deadline = time.monotonic() + 10
        while (left := [line for line in commands() if folder in line]) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert left == []


def commands() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_text(errors="replace")
        except OSError:
            continue


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("sleep 98765 & exec sleep 98765", "was not done after 0.8 seconds"),
        ("exit 3", "ended before it was done"),
        ("trap '' TERM; while :; do sleep 1; done", "was not done after 0.8 seconds"),
    ],
)
def test_a_chromium_that_hangs_or_dies_leaves_nothing(
    built: site.Site, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, script: str, says: str
) -> None:
    fake = tmp_path / "chromium"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(fake))
    started = time.perf_counter()
    assert str(documents.make(built.folder, seconds=0.8)) == f"none: {fake} {says}"
    assert time.perf_counter() - started < 5
    assert not [line for line in commands() if "98765" in line or str(fake) in line]
    assert not (built.folder / PDF).exists()


@needs_chromium
@pytest.mark.parametrize(
    ("command", "says"), [("Browser.crash", "ended before it was done"), ("Page.crash", "not done after 2 seconds")]
)
def test_a_chromium_that_crashes_at_work_leaves_nothing(scratch: Path, command: str, says: str) -> None:
    async def work(tab: Tab) -> None:
        assert len([line for line in commands() if str(scratch) in line]) > 3
        assert list(scratch.iterdir())
        await chromium.ask(tab, command)

    with pytest.raises(chromium.Failed, match=says):
        chromium.run(str(CHROMIUM), work, seconds=2)


@needs_chromium
def test_what_chromium_or_a_page_objects_to_is_said(tmp_path: Path, scratch: Path) -> None:
    with pytest.raises(chromium.Failed, match="ERR_FILE_NOT_FOUND"):
        chromium.run(str(CHROMIUM), lambda tab: chromium.visit(tab, tmp_path / "missing.html"))
    page = tmp_path / "page.html"
    page.write_text("<script>const wanted = (name) => { throw new Error(`no ${name}`) }</script>")

    async def evaluate(tab: Tab) -> None:
        await chromium.visit(tab, page)
        await chromium.evaluate(tab, "wanted('chart')")

    with pytest.raises(chromium.Failed, match="no chart"):
        chromium.run(str(CHROMIUM), evaluate)


@pytest.mark.parametrize(("user", "says"), [(0, "yes"), (1000, "no")])
def test_only_root_runs_chromium_without_its_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, says: str
) -> None:
    fake = tmp_path / "chromium"
    fake.write_text(f'#!/bin/sh\ncase "$*" in *--no-sandbox*) echo yes;; *) echo no;; esac > {tmp_path}/said\nexit 3\n')
    fake.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: user)

    async def nothing(tab: Tab) -> None:
        """Never reached."""

    with pytest.raises(chromium.Failed):
        chromium.run(str(fake), nothing, seconds=5)
    assert (tmp_path / "said").read_text() == f"{says}\n"
