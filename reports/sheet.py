"""Findings as CSV, line by line, for spreadsheets: nothing in a cell can run or hide there."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipeline.schema import Row
from reports.filters import visible
from reports.night import PublishedNight

COLUMNS = (
    "as_of",
    "owner",
    "account_id",
    "account_name",
    "ou_path",
    "control_number",
    "control_id",
    "title",
    "severity",
    "verdict",
    "region",
    "resource",
    "reason",
    "first_seen",
    "age_days",
    "fix",
    "link",
)
OWNER_FILES = "owners/*.csv"
"""Where the files of the owners are in a site."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, the full-width forms too."""
MARK = "\ufeff"
"""By it spreadsheets know UTF-8."""


class _Line:
    """A file whose `write` hands back what it is given."""

    def write(self, text: str) -> str:
        return text


def cell(value: Any) -> Any:
    """Text that shows as text: an apostrophe stands before what could be a formula; odd characters by their code."""
    text = visible(value)
    return f"'{text}" if isinstance(value, str) and value.startswith(FORMULA) else text


def lines(findings: Iterable[Row], night: PublishedNight, link: Callable[[Row], str]) -> Iterator[str]:
    """The findings as CSV, a line at a time. `link` is the page of a finding, from the folder of the report."""
    writer = csv.writer(_Line())
    yield MARK + writer.writerow(COLUMNS)
    for finding in findings:
        account, control = night.accounts.get(finding["account_id"], {}), night.controls[finding["control_id"]]
        more = {"as_of": night.as_of, "control_number": finding["number"], "link": link(finding)}
        row = finding | more | {"ou_path": account.get("ou_path"), "fix": control["fix"]}
        yield writer.writerow([cell(row[column]) for column in COLUMNS])
