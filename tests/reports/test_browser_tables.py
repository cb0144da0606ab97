"""Tables in pages: searched, filtered, sorted, turned, linked to, saved; by mouse, by keyboard, and without scripts."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from reports import site
from reports.filters import FIRST, NOTHING
from tests.reports import test_site
from tests.reports.browser import OPEN, Tab, new_tab
from tests.reports.conftest import Document
from tests.reports.rows import CROWDED, ENDLESS, FORMULA, IMAGE, NAMES, SIGNS

FINDINGS = f"accounts/{CROWDED}.html"
HELD = "scp_coverage.findings.js"
CSV_COLUMNS = [
    "verdict",
    "severity",
    "practice",
    "control_id",
    "account_id",
    "owner",
    "resource",
    "reason",
    "since",
    "made_by",
    "change",
    "link",
]
SHOWN = "rows => rows.map(row => [...row.cells].map(cell => cell.dataset.v ?? cell.innerText.trim()))"


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Tab:
    return new_tab(browser)


@pytest.fixture(autouse=True)
def _nothing_breaks(tab: Tab) -> Iterator[None]:
    yield
    assert tab.complaints == []
    assert tab.left_the_machine == []


def shown(page: Page, table: str) -> list[list[str]]:
    cells: list[list[str]] = page.eval_on_selector_all(f"#{table} tbody tr", SHOWN)
    return cells


def said(page: Page, table: str) -> str:
    return page.inner_text(f"#{table} output")


def sort(page: Page, table: str, column: str) -> None:
    page.click(f"#{table} th:has-text('{column}') button")
    page.wait_for_selector(f"#{table} th[aria-sort]:has-text('{column}')")


def test_words_and_choices_narrow_a_table(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "accounts.html")
    everything = len(shown(page, "accounts"))
    page.fill("#accounts input", "LOCKED dev")
    assert len(shown(page, "accounts")) == 1
    assert said(page, "accounts") == f"1 of {everything} rows"
    page.fill("#accounts input", "")
    page.select_option("#accounts select >> nth=0", "not read")
    assert ["locked-away" in row[0] for row in shown(page, "accounts")] == [True]
    page.fill("#accounts input", "no such words")
    assert shown(page, "accounts") == []
    page.fill("#accounts input", "")
    page.select_option("#accounts select >> nth=0", "")
    assert said(page, "accounts") == f"{everything} rows"


@pytest.mark.parametrize(("column", "place"), [("Critical", 4), ("Controls met", 6), ("Coverage", 7), ("Fail", 9)])
def test_figures_are_sorted_as_figures_both_ways(tab: Tab, built: site.Site, column: str, place: int) -> None:
    page = tab.visit(built.folder / "accounts.html")
    for turn in ("ascending", "descending"):
        sort(page, "accounts", column)
        values = [float(row[place]) for row in shown(page, "accounts")]
        assert values == sorted(values, reverse=turn == "descending")
        assert len(set(values)) > 2
        assert page.get_attribute(f"#accounts th:has-text('{column}')", "aria-sort") == turn


def test_dates_and_what_was_never_used_are_sorted(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / FINDINGS)
    for turn in (False, True):
        sort(page, "findings", "Since")
        dates = [row[4] for row in shown(page, "findings")]
        assert dates == sorted(dates, reverse=turn)
    assert len(dates) == FIRST
    page.evaluate(OPEN)
    sort(page, "credentials-table", "Unused, days")
    assert [row[4] for row in shown(page, "credentials-table")] == ["30", "60", "90", "120", NOTHING]
    sort(page, "credentials-table", "Unused, days")
    assert [row[4] for row in shown(page, "credentials-table")] == [NOTHING, "120", "90", "60", "30"]


def test_further_rows_are_loaded_when_pages_are_turned(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / FINDINGS)
    total = int(str(page.get_attribute("#findings", "data-total")))
    assert not any(url.endswith(".findings.js") for url in tab.requests)
    seen = {row[3] for row in shown(page, "findings")}
    for number in range(2, -(-total // FIRST) + 1):
        page.click("#findings .next")
        page.wait_for_selector(f"#findings .pager span:text('Page {number} of')")
        seen |= {row[3] for row in shown(page, "findings")}
    assert sum(url.endswith(".findings.js") for url in tab.requests) == 1
    assert len(seen) > FIRST
    assert len(shown(page, "findings")) == total % FIRST
    assert said(page, "findings") == f"{total} rows"
    page.click("#findings .next", force=True)
    assert len(shown(page, "findings")) == total % FIRST


def test_a_link_says_what_is_shown(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / FINDINGS, "#findings?verdict=fail&q=role/119")
    page.wait_for_selector("#findings output:text(' of ')")
    assert len(shown(page, "findings")) == 1
    assert page.input_value("#findings input") == "role/119"
    assert page.input_value("#findings select >> nth=0") == "fail"
    page.evaluate("location.hash = '#findings?verdict=no-such&q=' + encodeURIComponent('role/118')")
    page.wait_for_function("() => document.querySelector('#findings input').value === 'role/118'")
    assert shown(page, "findings") == []
    page.click("#findings .chips button")
    assert len(shown(page, "findings")) == 1


def test_the_address_says_what_is_shown_after_reload_and_back(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / FINDINGS)
    page.select_option("#findings select[data-name=severity]", "high")
    page.fill("#findings input", "role/")
    page.wait_for_selector("#findings output:text(' of ')")
    sort(page, "findings", "Since")
    page.click("#findings .next")
    page.wait_for_selector("#findings .pager span:text('Page 2 of')")
    page.locator("#findings tbody details summary").first.click()
    page.wait_for_function("() => location.hash.includes('open=')")
    before = (said(page, "findings"), shown(page, "findings"), page.evaluate("location.hash"))
    again = "() => document.querySelector('#findings .pager span').textContent.startsWith('Page 2 of')"
    for go in ("reload", "link", "back"):
        if go == "reload":
            page.reload()
        else:
            page.goto((built.folder / "accounts.html").as_uri())
            page.go_back() if go == "back" else page.goto((built.folder / FINDINGS).as_uri() + before[2])
        page.wait_for_function(again)
        page.wait_for_selector("#findings tbody details[open]")
        assert (said(page, "findings"), shown(page, "findings"), page.evaluate("location.hash")) == before, go
        assert page.input_value("#findings input") == "role/"
        assert page.input_value("#findings select[data-name=severity]") == "high"


def test_two_tables_keep_their_states_side_by_side(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "people.html", "#keys-table?sort=-7~reach-users?q=payments")
    page.wait_for_selector("#reach-users output:text(' of ')")
    assert page.get_attribute("#keys-table th:nth-child(7)", "aria-sort") == "descending"
    page.fill("#reach-users input", "team")
    page.wait_for_function("() => location.hash === '#reach-users?q=team~keys-table?sort=-7'")


def test_small_tables_are_filtered_too(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "controls/root_mfa.html", "#findings?verdict=unknown")
    page.wait_for_selector("#findings output:text(' of ')")
    assert {row[0] for row in shown(page, "findings")} == {"1"}


def test_a_list_of_findings_counts_what_a_field_says(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / "findings.html", "#findings?verdict=fail&severity=critical,high&ou=ou-prod")
    page.wait_for_selector("#findings output:text(' of ')")
    want = test_site.rows_shown(
        built.folder / "findings.html", "findings", "verdict=fail&severity=critical,high&ou=ou-prod"
    )
    assert said(page, "findings").startswith(f"{want:,} of ")
    assert page.locator("#findings .chips button").count() == 2


def test_a_link_by_an_odd_name_finds_what_it_counts(tab: Tab, built: site.Site) -> None:
    words = quote(f"/Workloads/{SIGNS}")
    page = tab.visit(built.folder / "controls/scp_coverage.html", f"#findings?verdict=fail&q={words}")
    page.wait_for_selector("#findings output:text(' of ')")
    assert page.input_value("#findings input") == f"/Workloads/{SIGNS}"
    assert said(page, "findings").startswith("12")
    tab.visit(built.folder / "controls/scp_coverage.html", "#%")


def test_a_link_opens_a_finding_on_a_later_page(tab: Tab, built: site.Site) -> None:
    document = Document(built.folder / FINDINGS)
    last = document.shelved[-1].split('id="', 1)[1].split('"', 1)[0]
    page = tab.visit(built.folder / FINDINGS, f"#{last}")
    row = page.locator(f"#{last}")
    row.wait_for()
    assert row.locator("pre").first.is_visible()
    assert row.evaluate("row => { const at = row.getBoundingClientRect(); return at.top >= 0 && at.top < innerHeight }")
    page.fill("#findings input", "role/000")
    first = str(page.locator("#findings tbody tr").first.get_attribute("id"))
    page.evaluate(f"location.hash = '#{last}'; location.hash = '#findings'; location.hash = '#{last}'")
    page.wait_for_selector(f"#{last}.target")
    assert page.input_value("#findings input") == ""
    page.evaluate(f"location.hash = '#{first}'")
    page.wait_for_selector(f"#{first}.target")
    assert page.locator(".target").count() == 1


def saved(page: Page, table: str, where: Path) -> list[list[str]]:
    with page.expect_download() as download:
        page.click(f"#{table} .save")
    path = where / download.value.suggested_filename
    download.value.save_as(path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, strict=True))


def test_what_is_saved_is_what_is_shown(tab: Tab, built: site.Site, tmp_path: Path) -> None:
    page = tab.visit(built.folder / FINDINGS, "#findings?q=role/1")
    page.wait_for_selector("#findings output:text(' of ')")
    sort(page, "findings", "Since")
    head, *rows = saved(page, "findings", tmp_path)
    assert head == CSV_COLUMNS
    assert said(page, "findings").startswith(f"{len(rows)} of ")
    of = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["since"] for row in of] == [row[4] for row in shown(page, "findings")]
    assert all(row["verdict"] == "fail" and row["resource"].startswith(f"arn:aws:iam::{CROWDED}:role/1") for row in of)
    assert all(row["link"].endswith(".html#" + row["link"].rpartition("#")[2]) for row in of)
    for name in NAMES:
        told = " ".join(site.filters.visible(name).split())
        assert any(told in " ".join(row["reason"].split()) for row in of), name


def test_names_that_are_formulas_are_saved_as_text(tab: Tab, built: site.Site, tmp_path: Path) -> None:
    page = tab.visit(built.folder / "accounts.html")
    head, *rows = saved(page, "accounts", tmp_path)
    assert len(rows) == len(shown(page, "accounts"))
    assert not [cell for row in rows for cell in row if cell[0] in "=+@"]
    (crowded,) = (row for row in rows if CROWDED in row[0])
    assert crowded[0].startswith(f"'{FORMULA} {CROWDED}")
    assert crowded[head.index("Owner")] == ENDLESS
    page = tab.visit(built.folder / "exceptions.html")
    head, *rows = saved(page, "register", tmp_path)
    assert [row[head.index("Owner")] for row in rows].count(f"'{FORMULA}") == 1
    assert [row[head.index("Ticket")] for row in rows].count(IMAGE) == 1


@pytest.mark.parametrize("left", ["", 'rolecall("findings", ['])
def test_rows_that_cannot_be_loaded_are_told(browser: Browser, built: site.Site, tmp_path: Path, left: str) -> None:
    shutil.copytree(built.folder / "assets", tmp_path / "assets")
    (tmp_path / "controls").mkdir()
    shutil.copy(built.folder / "controls/scp_coverage.html", tmp_path / "controls")
    if left:
        (tmp_path / "controls" / HELD).write_text(left)
    page = new_tab(browser).visit(tmp_path / "controls/scp_coverage.html")
    page.fill("#findings input", "role/00")
    page.wait_for_selector(f"#findings output:text('10 of {FIRST} rows; {HELD} could not be loaded')")
    page.context.close()


def test_all_of_it_by_keyboard(tab: Tab, built: site.Site) -> None:
    page = tab.visit(built.folder / FINDINGS)
    focus = (
        "(() => { const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);"
    )
    focus += " return [at.className || at.innerText || at.type, box.left >= 0 && box.top >= 0,"
    focus += " style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2] })()"
    page.keyboard.press("Tab")
    assert page.evaluate(focus) == ["skip", True, True]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")

    def tab_to(selector: str) -> None:
        for _ in range(150):
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                assert page.evaluate(focus)[2], selector
                return
            page.keyboard.press("Tab")
        pytest.fail(f"{selector} is not reached by the Tab key")

    tab_to("#findings input")
    page.keyboard.type("role/")
    page.wait_for_selector("#findings output:text(' of ')")
    tab_to("#findings th:last-child button")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.get_attribute("#findings th:last-child", "aria-sort") == "descending"
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#findings .next')"):
            break
    for number in (2, 3):
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#findings .pager span:text('Page {number} of 3')")
    assert page.evaluate("document.activeElement.matches('#findings .next')")
    assert page.get_attribute("#findings .next", "aria-disabled") == "true"


def test_everything_is_there_without_javascript(browser: Browser, built: site.Site) -> None:
    page = new_tab(browser, java_script_enabled=False).visit(built.folder / "index.html")
    assert page.locator(".plot:visible").count() == 0
    assert page.locator(".says:visible").count() == 1
    assert page.locator("svg.trend:visible").count() == 1
    assert page.locator("table.practices tbody tr:visible").count() == 14
    page.goto((built.folder / FINDINGS).as_uri())
    assert page.locator(".tools:visible, .foot:visible, button:visible").count() == 0
    assert page.locator("#findings tbody tr:visible").count() == FIRST
    assert f"The first {FIRST} of" in page.inner_text("#findings .note:visible >> nth=-1")
    page.click("#findings summary >> nth=0")
    assert page.locator("#findings pre").first.is_visible()
    assert page.locator("#query code").first.is_visible()
    page.context.close()
