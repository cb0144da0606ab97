"""Sites built from the small published database, shared by the tests of a session."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from pipeline.publish import folder
from reports import chromium, site
from tests.reports import published
from tests.reports.browser import ARGUMENTS

CHROMIUM = chromium.find()
MISSING = "pages are not looked at: install Chromium (Debian: the package chromium) or set CHROMIUM"
needs_chromium = pytest.mark.usefixtures("chromium_path")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    if CHROMIUM is None:
        pytest.skip(MISSING)
    return CHROMIUM


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name one place for all tests that are skipped for want of Chromium, so that they are one line in the summary."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and MISSING in report.longrepr[2]:
        report.longrepr = ("tests/reports", None, MISSING)  # type: ignore[assignment]
    return report


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Not of the session: while Playwright runs, no other event loop can."""
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.write(tmp_path_factory.mktemp("published") / "rolecall.duckdb", accounts=published.many(40))


@pytest.fixture(scope="session")
def built(database: Path, tmp_path_factory: pytest.TempPathFactory) -> site.Site:
    nights = tmp_path_factory.mktemp("reports")
    made = site.build(database, nights / published.AS_OF.isoformat())
    for earlier in published.NIGHTS[:2]:
        (nights / earlier.isoformat()).mkdir()
    folder.list_nights(nights)
    return made


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> site.Site:
    """A site of one clean night: nothing before it, nothing unread, nothing wrong."""
    place = tmp_path_factory.mktemp("first")
    database = published.write(place / "rolecall.duckdb", nights=published.NIGHTS[:1], clean=True)
    folder.list_nights(place)
    return site.build(database, place / "site")


def shelved(path: Path) -> list[str]:
    """The rows of a table that are beside its page."""
    call = re.fullmatch(r"rolecall\((\".+?\"), (.+)\);\n", path.read_text(encoding="utf-8"), re.S)
    assert call
    rows: list[str] = json.loads(call[2])
    return rows


class Document(HTMLParser):
    """The tags of a page with their attributes, the text under each table cell, and all ids.

    The tags and the text of the rows beside the page are among them, but not in its tables.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.source = path.read_text(encoding="utf-8")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.tables: list[list[list[str]]] = []
        self._skip = 0
        self._in_cell = False
        self.feed(self.source)
        self.shelved: list[str] = [row for name in sorted(self._shelves()) for row in shelved(path.parent / name)]
        tables = [*self.tables]
        self.feed("<table>" + "".join(self.shelved) + "</table>")
        self.tables = tables

    def _shelves(self) -> set[str]:
        return {str(attrs["data-more"]) for _, attrs in self.tags if "data-more" in attrs}

    @property
    def ids(self) -> set[str | None]:
        return {attrs.get("id") for _, attrs in self.tags}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables:
            self.tables[-1][-1].append("")
            self._in_cell = True
        self._skip += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._skip -= tag in ("script", "style")
        if tag in ("td", "th"):
            self._in_cell = False
            self.tables[-1][-1][-1] = " ".join(self.tables[-1][-1][-1].split())

    def handle_data(self, data: str) -> None:
        if self._skip:
            return
        self.text += data
        if self._in_cell:
            self.tables[-1][-1][-1] += data


@pytest.fixture(scope="session")
def documents(built: site.Site, first_night: site.Site) -> list[Document]:
    return [Document(s.folder / page) for s in (built, first_night) for page in s.pages]
