"""Rows for people and for programs: a table on the terminal, JSON, CSV or Markdown, alike in every command."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import IO, Any

from rich import box
from rich.console import Console
from rich.table import Table

from assets.cli.app import terminal
from pipeline.text import visible


class RowFormat(StrEnum):
    text = "text"
    json = "json"
    csv = "csv"
    markdown = "markdown"


def print_rows(names: Sequence[str], rows: Iterable[Sequence[Any]], format: RowFormat) -> None:
    """Print rows; JSON is a list of objects, with nested values as they are and moments in ISO 8601."""
    if format is RowFormat.text:
        terminal().print(table(names, rows))
    elif format is RowFormat.json:
        print(
            json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2, ensure_ascii=False, default=str)
        )
    elif format is RowFormat.csv:
        write_csv(names, rows, sys.stdout)
    else:
        print(f"| {' | '.join(names)} |\n|{' --- |' * len(names)}")
        for row in rows:
            print("| " + " | ".join(cell(value).replace("|", "\\|") for value in row) + " |")


def write_csv(names: Sequence[str], rows: Iterable[Sequence[Any]], file: IO[str]) -> None:
    """Write CSV with a heading, row by row; no cell can be a formula."""
    from reports.sheet import cell as sheet_cell

    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([sheet_cell(word(value)) for value in row] for row in rows)


def table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table whose texts cannot change the terminal."""
    made = Table(*names, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        made.add_row(*(cell(value).replace("[", "\\[") for value in row))
    return made


def say(console: Console, text: str) -> None:
    """Print a text as it is, however long."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def cell(value: Any) -> str:
    """A value on one line, without control characters."""
    return str(visible(word(value))).replace("\n", " ")


def word(value: Any) -> str:
    """A value as text: nothing for null, lower case for booleans, JSON for lists and structs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)
