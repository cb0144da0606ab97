"""Findings as CSV for spreadsheets, line by line; no cell can execute as a formula or hide content."""

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
"""Glob of the owners' files in a site."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Characters that a spreadsheet may interpret as the start of a formula, including full-width forms."""
MARK = "\ufeff"
"""Byte order mark, by which spreadsheets recognize UTF-8."""


class _Line:
    """A file-like object whose `write` returns its argument."""

    def write(self, text: str) -> str:
        return text


def cell(value: Any) -> Any:
    """A value as plain text: potential formulas get an apostrophe, unusual characters are shown by code."""
    text = visible(value)
    return f"'{text}" if isinstance(value, str) and value.startswith(FORMULA) else text


def lines(findings: Iterable[Row], night: PublishedNight, link: Callable[[Row], str]) -> Iterator[str]:
    """The findings as CSV, one line at a time. `link` returns a finding's page, relative to the report."""
    writer = csv.writer(_Line())
    yield MARK + writer.writerow(COLUMNS)
    for finding in findings:
        account, control = night.accounts.get(finding["account_id"], {}), night.controls[finding["control_id"]]
        more = {"as_of": night.as_of, "control_number": finding["number"], "link": link(finding)}
        row = finding | more | {"ou_path": account.get("ou_path"), "fix": control["fix"]}
        yield writer.writerow([cell(row[column]) for column in COLUMNS])
