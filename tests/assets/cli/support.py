"""How tests call the command line, in a folder of their own with a night that was published before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from typer.testing import CliRunner, Result

from assets.cli import main

NIGHT = "2026-11-16"
PUBLISHED = (
    "var/landing/as_of=2026-11-15/users/part.parquet",
    "var/reports/2026-11-15/index.html",
    "var/reports/latest/index.html",
    "var/rolecall.duckdb",
    "var/warehouse.duckdb",
)


def rolecall(*arguments: str) -> Result:
    return CliRunner().invoke(main.app, list(arguments))


def check_parses(arguments: Sequence[str]) -> None:
    """Parse the arguments as the command line does; it raises where they are none of its own."""
    group = typer.main.get_command(main.app)
    with group.make_context("rolecall", list(arguments)) as context:
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])  # type: ignore[attr-defined]
        command.make_context(name, rest)


def refused(*arguments: str) -> str:
    """The one sentence with which a command is refused; what was published is as it was."""
    result = rolecall(*arguments)
    assert result.exit_code == 2, result.output
    assert {Path(path).read_text() for path in PUBLISHED} == {"the night before"}
    assert "Traceback" not in result.output
    (sentence,) = result.stderr.strip().splitlines()
    return sentence
