"""`rolecall rollup`: several organizations side by side, each with a home of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assets.cli.app import DONE, UNREAD, command
from assets.cli.output import RowFormat, print_rows
from pipeline.refused import Refused


@command
def rollup(
    homes: Annotated[list[Path], typer.Argument(help="Homes with a published night.")],
    format: Annotated[RowFormat, typer.Option(help="Output format.")] = RowFormat.text,
) -> int:
    """Show the measures of several organizations, and of all together, from their homes' published databases.

    Exit code 1: a home has no published night; its line says why, and the total is without it.

    Example: rolecall rollup /var/lib/rolecall/group /var/lib/rolecall/acquired --format markdown
    """
    from pipeline.publish import rollup as of_homes

    lines = [of_homes.line(home) for home in dict.fromkeys(homes)]
    if all(one.problem for one in lines):
        raise Refused("; ".join(one.problem for one in lines))
    rows = [[getattr(one, name) for name in of_homes.SHOWN] for one in (*lines, of_homes.total(lines))]
    print_rows(of_homes.SHOWN, rows, format)
    return UNREAD if any(one.problem for one in lines) else DONE
