"""The pages in a real browser, from file://. Skipped only where there is no Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reports import site
from reports.words import NOTHING
from tests.reports.conftest import CHROMIUM, needs_chromium

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
pytestmark = needs_chromium

if CHROMIUM:
    from playwright.sync_api import Browser, Page, sync_playwright


@dataclass
class Tab:
    """A page of a browser and everything it complained about or asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def visit(browser: Browser, path: Path, width: int = 1280, scheme: str = "light", javascript: bool = True) -> Tab:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=javascript,
    )
    tab = Tab(context.new_page())
    tab.page.on("console", lambda m: tab.complaints.append(m.text))
    tab.page.on("pageerror", lambda e: tab.complaints.append(str(e)))
    tab.page.on("request", lambda r: tab.requests.append(r.url))
    tab.page.goto(path.as_uri())
    return tab


PAGES = ["index.html", "accounts.html", "ous.html", "controls.html", "changes.html", "coverage.html", "quality.html"]
PAGES += [
    "exceptions.html",
    "summary.html",
    "controls/key_rotation.html",
    "least-privilege.html",
    "practices/03.html",
    "practices/10.html",
    "ous/ou-work.html",
]
PAGES += ["accounts/222222222222.html", "accounts/444444444444.html", "accounts/666666666666.html"]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_leaves_the_machine_and_nothing_breaks(browser: Browser, built: site.Site, path: str) -> None:
    tab = visit(browser, built.folder / path)
    charts = tab.page.locator("script[data-for]").count()
    if charts:
        tab.page.wait_for_selector(".js-plotly-plot .main-svg")
    assert tab.page.locator(".js-plotly-plot").count() == charts
    assert tab.complaints == []
    assert [r for r in tab.requests if not r.startswith(("file:", "data:"))] == []
    assert "share chart" not in tab.page.content().lower()
    assert tab.page.locator("[data-title*='loud'], [data-title*='hare']").count() == 0
    tab.page.context.close()


def test_the_policy_stops_what_a_page_should_never_do(browser: Browser, built: site.Site) -> None:
    tab = visit(browser, built.folder / "index.html")
    tab.page.evaluate("fetch('https://example.invalid/').catch(() => 0)")
    tab.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert tab.page.evaluate("window.ran") is None
    assert sum("Content Security Policy" in c for c in tab.complaints) >= 2
    assert [r for r in tab.requests if r.startswith("http")] == []
    tab.page.context.close()


def test_charts_are_drawn_and_can_be_saved(browser: Browser, built: site.Site) -> None:
    tab = visit(browser, built.folder / "index.html")
    tab.page.wait_for_selector("#trend .main-svg")
    assert tab.page.locator("#trend .scatterlayer .trace").count() == 2
    assert tab.page.locator("#open-fails .bars .point").count() > 0
    faults = tab.page.evaluate("Plotly.validate(...['data', 'layout'].map(k => document.getElementById('trend')[k]))")
    assert faults is None
    with tab.page.expect_download() as download:
        tab.page.hover("#trend")
        tab.page.click("#trend .modebar-btn")
    assert download.value.suggested_filename.endswith(".png")
    assert tab.complaints == []
    tab.page.context.close()


def test_accounts_can_be_searched_filtered_and_sorted(browser: Browser, built: site.Site) -> None:
    page = visit(browser, built.folder / "accounts.html").page
    rows = page.locator("#accounts tbody tr:visible")
    everything = rows.count()
    page.fill("input[type=search]", "LOCKED dev")
    assert rows.count() == 1
    assert "of" in page.inner_text("#accounts output")
    page.fill("input[type=search]", "")
    page.select_option("select >> nth=0", "not read")
    assert rows.count() == 1
    assert "locked-away" in rows.first.inner_text()
    page.select_option("select >> nth=0", "")
    page.click("#accounts th:has-text('Fail') button")
    page.click("#accounts th:has-text('Fail') button")
    fails = [int(f) for f in page.locator("#accounts tbody tr td:nth-child(8)").all_inner_texts() if f != NOTHING]
    assert rows.count() == everything
    assert fails == sorted(fails, reverse=True)
    assert page.get_attribute("#accounts th:has-text('Fail')", "aria-sort") == "descending"
    page.context.close()


def test_a_query_can_be_copied(browser: Browser, built: site.Site) -> None:
    page = visit(browser, built.folder / "controls/key_rotation.html").page
    button = page.locator(".query button").first
    button.click()
    page.wait_for_function("['Copied', 'Selected'].includes(document.querySelector('.query button').textContent)")
    page.context.close()


def test_a_proposal_opens_by_its_link_and_can_be_copied(browser: Browser, built: site.Site) -> None:
    tab = visit(browser, built.folder / "least-privilege.html")
    proposal = tab.page.locator("tr.proposal").first
    assert not proposal.locator("pre").first.is_visible()
    proposal.locator("summary").click()
    assert proposal.locator("pre").first.inner_text().startswith('{\n  "Version"')
    proposal.locator(".query button").first.click()
    copied = "['Copied', 'Selected'].includes(document.querySelector('tr.proposal .query button').textContent)"
    tab.page.wait_for_function(copied)
    assert tab.complaints == []
    tab.page.context.close()


def test_everything_is_there_without_javascript(browser: Browser, built: site.Site) -> None:
    page = visit(browser, built.folder / "index.html", javascript=False).page
    assert page.locator(".plot:visible").count() == 0
    assert page.locator(".says:visible").count() == 2
    assert page.locator(".numbers table:visible").count() == 2
    assert page.locator("table.practices tbody tr:visible").count() == 14
    page.goto((built.folder / "accounts.html").as_uri())
    assert page.locator(".tools:visible").count() == 0
    page.context.close()


NARROW = ["index.html", "accounts.html", "practices/03.html", "accounts/222222222222.html", "least-privilege.html"]
NARROW += ["summary.html"]


@pytest.mark.parametrize("path", NARROW)
def test_narrow_screens_scroll_tables_not_pages(browser: Browser, built: site.Site, path: str) -> None:
    tab = visit(browser, built.folder / path, width=390)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390
    tab.page.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 1360), ("light", 390)])
def test_screenshots(browser: Browser, built: site.Site, tmp_path: Path, scheme: str, width: int) -> None:
    """For people to look at: the folder of the test's temporary files has them."""
    tab = visit(browser, built.folder / "index.html", width=width, scheme=scheme)
    tab.page.wait_for_selector(".js-plotly-plot .main-svg")
    ground = tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(20, 23, 26)") == (scheme == "dark")
    ink = tab.page.evaluate("document.querySelector('#trend .xtick text').style.fill")
    assert ink == ("rgb(163, 169, 175)" if scheme == "dark" else "rgb(89, 95, 102)")
    shot = tmp_path / f"index-{scheme}-{width}.png"
    tab.page.screenshot(path=shot, full_page=True)
    assert shot.stat().st_size > 50_000
    tab.page.context.close()
