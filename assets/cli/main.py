"""The command line. Exit code 0: complete; 1: something could not be read, made or uploaded; 2: refused or failed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assets.cli import (  # noqa: F401  (each adds its command)
    check,
    checks,
    compare,
    dagster,
    doctor,
    exceptions,
    export,
    guardrails,
    how,
    query,
    reader_role,
    rehearse,
    rollup,
    run,
    settings,
    shapes,
    what_can,
    who_can,
)
from assets.cli.app import DONE, UNREAD, Format, Home, app, command, given, load, terminal
from pipeline.night import DATABASE, Night
from pipeline.refused import Refused

__all__ = ["app", "main"]


class NightAction(StrEnum):
    remove = "remove"


def main() -> None:
    """Run the command line and exit with its exit code."""
    app()


@command
def publish(
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The night; default: the newest.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Additional destination: s3://bucket/prefix.")] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="Release a held-back night in spite of this check, <dataset>.<check>; repeat for more."),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="accept: why the night is right all the same.")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="accept: last day on which it is accepted.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="accept: who answers for it; default: your user name.")] = None,
    ticket: Annotated[str | None, typer.Option(help="accept: ticket or change record.")] = None,
    home: Home = None,
) -> int:
    """Publish a night again, locally and to the bucket if one is set, or release one that is held back.

    Example: rolecall publish --accept extracts.accounts_read_above_floor --reason "Two units move" --until 2026-12-31
    """
    from assets.cli.progress import logging, say, shown
    from assets.defs import publishing

    chosen = load(**given(home=home, publish_to=to))
    console = logging(chosen)
    if accept:
        from assets.cli import release, runner
        from assets.cli.run import ended

        fields = {"owner": owner, "reason": reason, "ticket": ticket}
        night, sentence = release.accept(chosen, as_of and as_of.date(), accept, fields, until and until.date())
        say(console, "accepted", sentence)
        with shown(console) as progress:
            return ended(console, runner.run_night(chosen, night, progress, judge_only=True))
    if reason or until or owner or ticket:
        raise Refused("--reason, --until, --owner and --ticket belong to --accept CHECK")
    with shown(console) as progress:
        report, is_whole = publishing.republish(chosen, as_of.date() if as_of else None, progress)
    say(console, "report", str(report))
    return DONE if is_whole else UNREAD


@command
def nights(
    action: Annotated[NightAction | None, typer.Argument(help="Action on a night; default: list all nights.")] = None,
    as_of: Annotated[datetime | None, typer.Argument(formats=["%Y-%m-%d"], help="The night.")] = None,
    home: Home = None,
) -> int:
    """List the nights of the home, or remove one permanently: `rolecall nights remove 2026-11-20`."""
    from assets.cli import nights as of_home

    chosen = load(**given(home=home))
    if action is None:
        terminal().print(of_home.listed(chosen))
    elif as_of is None:
        raise Refused("which night? `rolecall nights remove 2026-11-20`; `rolecall nights` lists them")
    else:
        of_home.remove(chosen, Night(chosen.home, as_of.date()), Console())
    return DONE


@command
def prune(
    landings: Annotated[int | None, typer.Option(min=0, help="Landed nights to keep; 0 for all.")] = None,
    reports: Annotated[int | None, typer.Option(min=0, help="Reports to keep; 0 for all.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    home: Home = None,
) -> int:
    """Delete old landings and reports; the history of verdicts and the newest night stay.

    Example: rolecall prune --landings 200 --reports 90 --dry-run
    """
    from assets.cli import nights as of_home

    options = {"keep_landings": landings, "keep_reports": reports}
    chosen = load(**given(home=home), **{name: keep for name, keep in options.items() if keep is not None})
    of_home.prune(chosen, dry_run, Console())
    return DONE


@command
def rebuild(home: Home = None) -> int:
    """Judge every landed night again, in order, and publish the newest: a history made from the landings alone."""
    from assets.cli import nights as of_home
    from assets.cli.progress import logging, shown

    chosen = load(**given(home=home))
    with shown(logging(chosen)) as progress:
        of_home.rebuild(chosen, progress)
    return DONE


@command
def controls(
    control: Annotated[str | None, typer.Argument(help="Id of a control to show in full.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List the controls, or show one."""
    from assets.cli import controls as listing

    listing.show(terminal(), control, as_json)
    return DONE


@command
def explain(
    control: Annotated[str, typer.Argument(help="Id or number of the control.")],
    resource: Annotated[str, typer.Argument(help="ARN or id of the resource, its account, or a unique part of it.")],
    account: Annotated[str | None, typer.Option(help="Account of the resource, if several have one.")] = None,
    region: Annotated[str | None, typer.Option(help="Region of the finding, if there are several.")] = None,
    home: Home = None,
    format: Annotated[Format, typer.Option(help="Output format.")] = Format.text,
) -> int:
    """Explain a finding: what decided it, the calls behind it, and what would change its verdict."""
    from assets.cli import explain as explaining
    from pipeline.explain import finding

    database = load(**given(home=home)).home / DATABASE
    explanation = finding.explain(database, control, resource, account, region)
    explaining.show(terminal(), explanation, database, format is Format.json)
    return DONE


@command
def demo(
    home: Annotated[Path | None, typer.Option(help="Home of the demo, separate from a real organization's.")] = None,
    nights: Annotated[int, typer.Option(min=1, max=8, help="Number of nights to run, out of the last eight.")] = 5,
    verbose: Annotated[bool, typer.Option("--verbose", help="Also show Dagster's log.")] = False,
) -> int:
    """Run nights of a synthetic organization on this machine."""
    from assets.cli import demonstration

    return demonstration.run(Console(), home or demonstration.HOME, nights, verbose)
