"""Every kind of page as a reader has it: what it loads, whom it shuts out, what is cut off, on screen and on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser

from reports import site
from tests.reports.browser import (
    A4,
    AXE,
    BARRIERS,
    CUT,
    MID,
    NARROW,
    ODDITIES,
    ON_PAPER,
    OPEN,
    PAPER,
    WIDE,
    Tab,
    new_tab,
    samples,
)

pytestmark = pytest.mark.slow


@dataclass
class Look:
    """What was seen of a page; all of it should be empty."""

    complaints: list[str] = field(default_factory=list)
    left_the_machine: list[str] = field(default_factory=list)
    barriers: list[str] = field(default_factory=list)
    cut: dict[int, list[str]] = field(default_factory=dict)
    on_paper: list[str] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)


def look(tab: Tab, built: site.Site, path: str, *widths: int) -> Look:
    """Look at a page at each of these widths; axe looks at the first of them."""
    page, seen = tab.visit(built.folder / path), Look()
    for width in widths:
        tab.widen(width)
        seen.cut[width] = page.evaluate(CUT)
        if width == widths[0]:
            page.evaluate(AXE)
            seen.barriers = page.evaluate(BARRIERS)
    page.evaluate(OPEN)
    seen.cut[widths[-1]] += page.evaluate(CUT)
    # The summary's sheet has its margins itself.
    page.set_viewport_size({"width": A4 if path == "summary.html" else PAPER, "height": 1123})
    page.emulate_media(media="print")
    seen.cut[PAPER] = page.evaluate(CUT)
    seen.on_paper = page.evaluate(ON_PAPER)
    page.emulate_media(media="screen")
    seen.oddities, seen.complaints = page.evaluate(ODDITIES), [*tab.complaints]
    seen.left_the_machine = tab.left_the_machine
    return seen


Looks = dict[tuple[str, str], Look]
DARK = ("index.html", "summary.html", "accounts.html", "guardrails.html")
"""Pages looked at in the dark scheme too, beside those in folders: with them all colours are seen."""


@pytest.fixture(scope="module")
def looks(browser: Browser, built: site.Site) -> Looks:
    """In the light scheme as they are; in the dark one narrow, and without the policy that would stop a script."""
    light, dark = new_tab(browser), new_tab(browser, "dark", bypass_csp=True)
    return {("light", path): look(light, built, path, WIDE, MID, NARROW) for path in samples(built)} | {
        ("dark", path): look(dark, built, path, NARROW) for path in samples(built) if "/" in path or path in DARK
    }


def all_seen(looks: Looks, what: Callable[[Look], object]) -> dict[tuple[str, str], object]:
    return {of: what(seen) for of, seen in looks.items() if what(seen)}


def test_nothing_is_complained_about(looks: Looks) -> None:
    assert all_seen(looks, lambda seen: seen.complaints) == {}


def test_nothing_leaves_the_machine(looks: Looks) -> None:
    assert all_seen(looks, lambda seen: seen.left_the_machine) == {}


def test_no_name_is_more_than_text(looks: Looks) -> None:
    assert all_seen(looks, lambda seen: seen.oddities) == {}


def test_axe_finds_no_serious_barrier(looks: Looks) -> None:
    assert all_seen(looks, lambda seen: seen.barriers) == {}


@pytest.mark.parametrize("width", [WIDE, MID, NARROW, PAPER])
def test_no_text_is_cut_and_no_page_is_too_wide(looks: Looks, width: int) -> None:
    assert all_seen(looks, lambda seen: seen.cut.get(width)) == {}


def test_paper_has_the_tables_whole_and_no_tools(looks: Looks) -> None:
    assert all_seen(looks, lambda seen: seen.on_paper) == {}
