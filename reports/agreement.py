"""Compares the pages with the database that they are built from: no page may lose a finding.

While a site is written, the verdicts in the headlines and the findings in the lists of control and account pages are
counted. The owners' CSV files are read back, because together they list every open finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from pipeline.rows import quoted, rows
from pipeline.warehouse.invariants import BY_VERDICT, VERDICTS
from reports.database import Reader
from reports.pages._page import Page
from reports.queries import FINDINGS_PER_PAGE
from reports.sheet import COLUMNS, OWNER_FILES

OPEN = ("fail", "unknown", "exempt", "manual")
SUBJECTS = {"control.html.j2": ("control", "control_id"), "account.html.j2": ("account", "account_id")}
"""By template: the context variable with the subject of the page, and the column that identifies it."""


@dataclass
class Shown:
    """Verdicts counted and findings listed on the pages so far, by column and id of the page's subject."""

    verdicts: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    listed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, page: Page) -> None:
        """Record what a page shows."""
        if subject := SUBJECTS.get(page.template):
            name, column = subject
            key, scores = (column, page.context[name][column]), page.context["scores"] or {}
            self.verdicts[key] = {verdict: scores.get(verdict) or 0 for verdict in VERDICTS}
            self.listed[key] = len(page.context["findings"])


def faults(reader: Reader, folder: Path, on_pages: Shown) -> Iterator[str]:
    """A sentence for each difference between the pages of a folder and the database."""
    for column in dict(SUBJECTS.values()).values():
        yield from _on_pages(reader, column, on_pages)
    yield from _in_files(reader, folder)


def _on_pages(reader: Reader, column: str, on_pages: Shown) -> Iterator[str]:
    findings = {row.pop(column): row for row in reader.rows(VERDICTS_BY.format(column=column))}
    none = dict.fromkeys(VERDICTS, 0)
    for subject in sorted(findings.keys() | {key for of, key in on_pages.verdicts if of == column}):
        counted = findings.get(subject, none)
        if (of := on_pages.verdicts.get((column, subject))) != counted:
            yield f"the page of {subject} shows {_words(of)}, the findings are {_words(counted)}"
        listed, owed = on_pages.listed[column, subject], min(FINDINGS_PER_PAGE, sum(counted[v] for v in OPEN))
        if listed != owed:
            yield f"the page of {subject} lists {listed:,} findings, not {owed:,}"


VERDICTS_BY = f"select {{column}}, {BY_VERDICT} from findings where as_of = $as_of group by all"


def _words(counts: dict[str, int] | None) -> str:
    counted = [f"{count:,} {verdict}" for verdict, count in (counts or {}).items() if count]
    return ", ".join(counted) or "none"


def _in_files(reader: Reader, folder: Path) -> Iterator[str]:
    """Compare the owners' files, parsed as a spreadsheet would, with the open findings."""
    key = "account_id, control_id, verdict"
    query = f"select {key}, count(*) as n from findings where as_of = $as_of and verdict in {OPEN} group by all"
    expected = {tuple(row.values())[:3]: row["n"] for row in reader.rows(query)}
    written: dict[tuple[Any, ...], int] = {}
    if any(folder.glob(OWNER_FILES)):
        files = quoted(str(folder / OWNER_FILES))
        with duckdb.connect() as con:
            # Declared columns: a file without rows must not stop the comparison.
            columns = ", ".join(f"'{column}': 'varchar'" for column in COLUMNS)
            lines = f"read_csv({files}, header = true, auto_detect = false, columns = {{{columns}}})"
            counts = rows(con, f"select {key}, count(*) as n from {lines} group by all")
        written = {tuple(row.values())[:3]: row["n"] for row in counts}
    wrong = sorted(
        key_values
        for key_values in expected.keys() | written.keys()
        if expected.get(key_values) != written.get(key_values)
    )
    if wrong:
        account_id, control_id, verdict = wrong[0]
        yield (
            f"the files of the owners have {written.get(wrong[0], 0):,} {verdict} of {control_id} in {account_id}, "
            f"the findings {expected.get(wrong[0], 0):,}; {len(wrong):,} such counts differ"
        )
