"""`rolecall run`: one night, from the organization to the report."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from assets.cli.app import DONE, UNREAD, Home, command, given, load
from pipeline.night import Night
from pipeline.refused import Refused

if TYPE_CHECKING:
    from assets.cli.runner import Done

ACCOUNTS = "Which accounts"


def option(help: str) -> typer.models.OptionInfo:
    """An option that selects accounts; it can be repeated."""
    made: typer.models.OptionInfo = typer.Option(help=help, rich_help_panel=ACCOUNTS)
    return made


IncludeAccount = Annotated[list[str] | None, option("Read only this account; repeat for more.")]
ExcludeAccount = Annotated[list[str] | None, option("Exclude this account.")]
IncludeOu = Annotated[list[str] | None, option("Read only accounts under this OU (id or path).")]
ExcludeOu = Annotated[list[str] | None, option("Exclude accounts under this OU.")]
IncludeTag = Annotated[list[str] | None, option("Read only accounts with this tag (key=value).")]
ExcludeTag = Annotated[list[str] | None, option("Exclude accounts with this tag.")]
AsOf = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The night; default: today.")]
JudgeOnly = Annotated[bool, typer.Option("--judge-only", help="Make no AWS calls; use the night's landing.")]
Sample = Annotated[
    int | None,
    typer.Option(min=1, help="Read so many accounts, chosen at random, into <home>/sample.", rich_help_panel=ACCOUNTS),
]
OnlyFailed = Annotated[
    bool, typer.Option("--only-failed", help="Read again the accounts that tonight lacks.", rich_help_panel=ACCOUNTS)
]


@command
def run(
    as_of: AsOf = None,
    judge_only: JudgeOnly = False,
    home: Home = None,
    role_name: Annotated[str | None, typer.Option(help="Role to assume in every account.")] = None,
    external_id: Annotated[str | None, typer.Option(help="External ID required by the role's trust policy.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Region to read; repeat for more.")] = None,
    include_account: IncludeAccount = None,
    exclude_account: ExcludeAccount = None,
    include_ou: IncludeOu = None,
    exclude_ou: ExcludeOu = None,
    include_tag: IncludeTag = None,
    exclude_tag: ExcludeTag = None,
    sample: Sample = None,
    only_failed: OnlyFailed = False,
    concurrency: Annotated[int | None, typer.Option(help="Accounts read concurrently.")] = None,
    shards: Annotated[int | None, typer.Option(help="Number of shards of accounts.")] = None,
    exceptions_file: Annotated[Path | None, typer.Option(help="Register of exceptions and attestations.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Also show Dagster's log.")] = False,
) -> int:
    """Read all accounts, check the data, evaluate the controls and publish one night.

    Example: rolecall run --only-failed
    """
    from assets.cli import runner
    from assets.cli.narrowed import narrowed
    from assets.cli.progress import logging, say, shown
    from assets.defs import nights

    chosen = load(
        **given(home=home, role_name=role_name, external_id=external_id, regions=region),
        **given(include_accounts=include_account, exclude_accounts=exclude_account),
        **given(include_ous=include_ou, exclude_ous=exclude_ou),
        **given(include_tags=include_tag, exclude_tags=exclude_tag),
        **given(concurrency=concurrency, shards=shards, exceptions_file=exceptions_file),
    )
    night = Night(chosen.home, as_of.date()) if as_of else nights.today(chosen)
    console = logging(chosen, night=str(night))
    if (sample or only_failed) and (judge_only or as_of):
        raise Refused("--sample and --only-failed read accounts, which can only be done tonight and with AWS")
    part = narrowed(chosen, night, sample, only_failed)
    if part is None:
        say(console, "accounts", f"{night} lacks nothing: there is nothing to read again")
        return DONE
    with shown(console) as progress:
        done = runner.run_night(part, Night(part.home, night.as_of), progress, judge_only=judge_only, verbose=verbose)
    return ended(console, done)


def ended(console: Console, done: Done) -> int:
    """Print the paths of a published night, and what it lacks. Returns the exit code."""
    from assets.cli.progress import say

    say(console, "report", str(done.report))
    say(console, "database", str(done.database))
    if done.accepted:
        say(console, "accepted", f"{done.accepted} accounts have only gaps that the register accepts")
    for sentence in done.missing:
        say(console, "missing", sentence)
    if not done.unread:
        return UNREAD if done.missing else DONE
    unread = f"{done.unread} accounts could not be read, or only in part; the report's coverage page says why"
    say(console, "unread", unread)
    return UNREAD
