"""`rolecall shapes`: what AWS answers, by names alone, for a report on what the demo or this version lacks."""

from __future__ import annotations

import json
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from assets.cli.app import DONE, command, given, load
from pipeline import __version__

if TYPE_CHECKING:
    from pipeline.settings import Settings


@command
def shapes(
    output: Annotated[Path, typer.Option(help="File to write.")] = Path("shapes.json"),
    accounts: Annotated[int, typer.Option(min=0, help="Number of accounts to read besides the organization.")] = 3,
    role_name: Annotated[str | None, typer.Option(help="Role to assume in every account.")] = None,
    external_id: Annotated[str | None, typer.Option(help="External ID required by the role's trust policy.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Region to read; repeat for more.")] = None,
    include_account: Annotated[list[str] | None, typer.Option(help="Read only this account; repeat for more.")] = None,
) -> int:
    """Write what AWS answers to a file, without data: names of members, and values that AWS chooses from a list.

    For a report on what this version or its demo does not know. No values, names, ARNs or account ids of the
    organization are in it, and nothing else is kept. Read the file before you send it.

    Example: rolecall shapes --accounts 2
    """
    from assets.defs import nights

    chosen = load(
        **given(role_name=role_name, external_id=external_id, regions=region, include_accounts=include_account)
    )
    write(Console(), chosen, nights.today(chosen).as_of, accounts, output)
    return DONE


def write(console: Console, settings: Settings, as_of: date, accounts: int, output: Path) -> None:
    """Read the organization and some accounts, and write the shapes. Raises `Refused`."""
    from assets.cli.progress import say
    from pipeline.collect import shapes as reading

    found = reading.read(settings, as_of, accounts, lambda what: say(console, "reading", what))
    written = {"rolecall": __version__, "botocore": version("botocore"), "operations": found.to_dict()}
    output.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    say(console, "shapes", f"{output}: read it before you send it")
