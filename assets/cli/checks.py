"""`rolecall checks`: the checks on a night's inputs, and their export for Great Expectations."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assets.cli.app import DONE, Home, command, given, load, terminal
from assets.cli.output import RowFormat, print_rows, say
from pipeline.text import plural

COLUMNS = ("dataset", "check_name", "severity", "unexpected_count", "message")


@command
def checks(
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The night; default: the published one.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(help="Empty folder to write them to, as a project of Great Expectations.")
    ] = None,
    format: Annotated[RowFormat, typer.Option(help="Output format.")] = RowFormat.text,
    home: Home = None,
) -> int:
    """List the checks on a night's inputs that failed, or export all of them.

    Example: rolecall checks --export checks, then in Python: great_expectations.get_context(mode="file",
    project_root_dir="checks").checkpoints.get("night").run()
    """
    from pipeline import landing
    from pipeline.night import Night
    from pipeline.publish import database
    from pipeline.quality.run import export as exported
    from pipeline.schema import QUALITY_RESULTS

    chosen = load(**given(home=home))
    night = Night(chosen.home, as_of.date()) if as_of else database.shown(chosen)
    if export:
        count = exported(chosen, night, export)
        Console().print(f"{export}: {plural(count, 'check')} in the Checkpoint 'night' of {night}", highlight=False)
        return DONE
    landing.check_landed(night)
    results = landing.read(night, QUALITY_RESULTS).to_pylist()
    failed = [row for row in results if not row["passed"]]
    if format is RowFormat.text:
        say(terminal(), f"{night}: {plural(len(results), 'check')}, {len(failed):,} failed")
    print_rows(COLUMNS, ([row[column] for column in COLUMNS] for row in failed), format)
    return DONE
