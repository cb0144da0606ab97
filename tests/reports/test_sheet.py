"""The CSV files of the owners: complete, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from reports import sheet, site
from reports.filters import visible
from reports.pages._page import owner_page
from tests.reports.owners import HOSTILE_OWNERS, ask
from tests.reports.rows import FORMULA
from tests.reports.test_site import page


def sheet_of(built: site.Site, owner: str) -> list[dict[str, str]]:
    text = (built.folder / owner_page(owner)).with_suffix(".csv").read_bytes().decode("utf-8")
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_the_sheet_of_an_owner_has_all_its_findings(built: site.Site, database: Path) -> None:
    for (owner,) in ask(database, "select distinct coalesce(owner, '') from accounts"):
        wanted = ask(
            database,
            """select account_id, control_id, resource, f.verdict from findings f join accounts a using (account_id)
            where coalesce(a.owner, '') = ? and f.verdict not in ('pass', 'not_applicable')""",
            owner,
        )
        rows = sheet_of(built, str(owner))
        found = [tuple(row[c] for c in ("account_id", "control_id", "resource", "verdict")) for row in rows]
        assert Counter(found) == Counter(tuple(map(sheet.cell, row)) for row in wanted), owner
        verdicts = [row["verdict"] for row in rows]
        assert verdicts == sorted(verdicts, key=["fail", "unknown", "exempt", "manual"].index)
        assert f"{len(wanted)} finding" in page(built, owner_page(str(owner))).text


def test_cells_of_the_sheet_are_harmless_and_complete(built: site.Site) -> None:
    rows = [row for owner in HOSTILE_OWNERS for row in sheet_of(built, owner)]
    assert {row["owner"] for row in rows} == {"", "'" + str(visible(FORMULA)), "R&D <lead>"}
    for row in rows:
        assert tuple(row) == sheet.COLUMNS
        assert not any(value.startswith(sheet.FORMULA) for value in row.values())
        assert "\u202e" not in "".join(row.values())
        assert row["age_days"].isdigit() == (row["verdict"] == "fail")
        assert row["fix"] == "Remove what is not needed; see who uses it first."
    target, _, fragment = next(row["link"] for row in rows if row["verdict"] == "fail").partition("#")
    assert fragment in page(built, target).ids


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_what_could_be_a_formula_is_text(text: str) -> None:
    assert sheet.cell(text) == "'" + str(visible(text))


@pytest.mark.parametrize(("value", "told"), [(-1, -1), (None, ""), ("a=b", "a=b"), ("a\u202eb", "a\\u202eb")])
def test_numbers_stay_numbers_and_harmless_text_stays(value: object, told: object) -> None:
    assert sheet.cell(value) == told
