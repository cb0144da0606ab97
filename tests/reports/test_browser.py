"""What single pages do in a browser: the policy, the charts, copying, proposals, and that names stay text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipeline.publish import folder
from reports import site
from tests.reports.browser import DRAWN, ODDITIES, Tab, new_tab
from tests.reports.rows import AS_OF, CROWDED, IMAGE, NAMES, NIGHTS


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Tab:
    return new_tab(browser)


@pytest.fixture(scope="module")
def unguarded(browser: Browser) -> Iterator[Tab]:
    """A tab that ignores the policy: what a name could do, it would do here."""
    made = new_tab(browser, bypass_csp=True)
    yield made
    made.page.context.close()


def test_the_policy_stops_what_a_page_should_never_do(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "quality.html")
    page.evaluate("fetch('https://example.invalid/').catch(() => 0)")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert page.evaluate("window.ran") is None
    assert sum("Content Security Policy" in c for c in tab.complaints) >= 2
    assert [r for r in tab.requests if r.startswith("http")] == []


def test_charts_are_drawn_and_can_be_saved(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "pictures.html")
    page.wait_for_function(DRAWN)
    assert page.locator(".js-plotly-plot").count() == page.locator("script[data-for]").count() == 5
    assert "share chart" not in page.content().lower()
    assert page.locator("[data-title*='loud'], [data-title*='hare']").count() == 0
    assert page.locator("#accounts-map .slice").count() > 10
    assert page.locator("#open-fails .bars .point").count() > 0
    assert page.locator("#reach .sankey-node").count() > 3
    faults = page.evaluate("Plotly.validate(...['data', 'layout'].map(k => document.getElementById('open-fails')[k]))")
    assert faults is None
    with page.expect_download() as download:
        page.hover("#open-fails")
        page.click("#open-fails .modebar-btn")
    assert download.value.suggested_filename.endswith(".png")
    assert tab.complaints == []


def test_charts_follow_the_scheme(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "pictures.html")
    page.wait_for_function(DRAWN)
    for scheme, ground, ink in (
        ("dark", "rgb(20, 23, 26)", "rgb(163, 169, 175)"),
        ("light", "rgb(251, 250, 247)", "rgb(89, 95, 102)"),
    ):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
        page.wait_for_function("ink => document.querySelector('#open-fails .xtick text').style.fill === ink", arg=ink)


def test_a_trend_is_in_the_page_itself(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "index.html")
    assert page.locator("#trend svg.trend polyline").count() >= 1
    assert page.evaluate("typeof Plotly") == "undefined"
    assert not any("plotly" in url for url in tab.requests)
    size = sum((built.folder / name).stat().st_size for name in ("index.html", "assets/site.css", "assets/site.js"))
    assert size < 300_000


def test_the_search_finds_accounts_controls_and_resources(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "index.html")
    assert not any("search.js" in url for url in tab.requests)
    page.keyboard.press("/")
    page.keyboard.type("payments")
    page.wait_for_selector(".find li a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/333333333333.html")
    page.keyboard.press("/")
    page.keyboard.type("role/again")
    page.wait_for_selector(".find li a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#findings output:text('1 of ')")
    page.keyboard.press("/")
    page.keyboard.type("no such thing anywhere")
    page.wait_for_selector(".find li:text('Nothing of that name')")
    page.keyboard.press("Escape")
    assert page.locator(".find ul:visible").count() == 0
    assert tab.complaints == []


def test_a_query_can_be_copied(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "controls/key_rotation.html")
    page.locator(".query button").first.click()
    page.wait_for_function("() => ['Copied', 'Selected'].includes(document.querySelector('.query button').textContent)")


def test_a_proposal_opens_and_can_be_copied(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "least-privilege.html")
    proposal = page.locator("tr.proposal").first
    assert not proposal.locator("pre").first.is_visible()
    proposal.locator("summary").click()
    assert proposal.locator("pre").first.inner_text().startswith('{\n  "Version"')
    proposal.locator(".query button").first.click()
    copied = "() => ['Copied', 'Selected'].includes(document.querySelector('tr.proposal .query button').textContent)"
    page.wait_for_function(copied)
    assert tab.complaints == []


def test_names_are_text_in_rows_that_come_later_too(unguarded: Tab, built: site.Site) -> None:
    page = unguarded.visit(built.folder / f"accounts/{CROWDED}.html", "#findings?q=role/")
    page.wait_for_selector("#findings output:text(' of ')")
    texts: list[str] = []
    for number in (2, 3, 4):
        texts += page.locator("#findings tbody tr").all_inner_texts()
        page.evaluate("document.querySelectorAll('#findings details').forEach((box) => (box.open = true))")
        page.click("#findings .next", force=True)
        assert page.evaluate(ODDITIES) == [], number
    for name in NAMES:
        told = " ".join(site.filters.visible(name).split())
        assert sum(told in " ".join(text.split()) for text in texts) >= 10, name
    assert unguarded.complaints == []


def test_a_name_that_were_not_text_would_be_noticed(unguarded: Tab, built: site.Site, tmp_path: Path) -> None:
    source = (built.folder / "coverage.html").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.html"
    wrong.write_text(source.replace("</h1>", f"{IMAGE[2:]}</h1>", 1), encoding="utf-8")
    page = unguarded.visit(wrong)
    page.wait_for_function("() => window.ran === 1")
    assert len(page.evaluate(ODDITIES)) == 2


def test_other_nights_are_a_link_away_and_an_old_one_says_so(tab: Tab, built: site.Site, tmp_path: Path) -> None:
    page = tab.visit(built.folder / "accounts.html")
    newer = "[aria-label='Newer night']"
    assert page.locator(newer).count() == 0
    page.click(".nights summary")
    links = page.locator(".nights a")
    assert links.all_inner_texts() == [night.isoformat() for night in reversed(NIGHTS[:2])]
    folders = [night.isoformat() for night in (*NIGHTS, AS_OF + timedelta(days=1))]
    for night in folders:
        (tmp_path / night).mkdir()
    (tmp_path / folders[-2]).rmdir()
    shutil.copytree(built.folder, tmp_path / folders[-2])
    folder.list_nights(tmp_path)
    page = tab.visit(next((tmp_path / folders[-2] / "controls").glob("*.html")))
    newest = page.locator(f"{newer} a")
    assert newest.inner_text() == f"The newest is of {folders[-1]}"
    assert newest.get_attribute("href") == f"../../{folders[-1]}/index.html"
    assert tab.complaints == []


def test_a_copy_of_one_report_has_no_list(tab: Tab, built: site.Site, tmp_path: Path) -> None:
    shutil.copytree(built.folder, tmp_path / "copy")
    page = tab.visit(tmp_path / "copy" / "accounts.html")
    assert page.locator(".nights").count() == 0
    page.wait_for_function("!document.querySelector('.find').hidden")
