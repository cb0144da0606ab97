"""`rolecall compare`: the published findings beside those of another tool."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assets.cli.app import DONE, Home, command, given, load
from assets.cli.output import RowFormat, print_rows


@command
def compare(
    prowler: Annotated[Path, typer.Argument(help="Prowler's findings: its output format json-ocsf.")],
    all_findings: Annotated[bool, typer.Option("--all", help="Also findings on which both agree.")] = False,
    format: Annotated[RowFormat, typer.Option(help="Output format.")] = RowFormat.text,
    home: Home = None,
) -> int:
    """Compare the published findings with Prowler's: same, differs, or only one side has it, with our reason.

    Example: rolecall compare output/prowler-output-111122223333.ocsf.json --format csv
    """
    from pipeline.publish import database
    from pipeline.publish.exports import comparison

    with database.reading(load(**given(home=home)).home) as con:
        pairs = comparison.compare(con, prowler)
    names = ("outcome", "check_id", "control_id", "account_id", "resource", "prowler", "rolecall", "reason")
    shown = [pair for pair in pairs if all_findings or pair.outcome != "same"]
    print_rows(names, [[getattr(pair, name) for name in names] for pair in shown], format)
    if format is RowFormat.text:
        counted = Counter(pair.outcome for pair in pairs)
        Console().print(
            ", ".join(f"{outcome} {count:,}" for outcome, count in sorted(counted.items())) or "no check in common"
        )
    return DONE
