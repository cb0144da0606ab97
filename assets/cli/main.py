"""The command line. Exit code 0: complete; 1: some accounts could not be read; 2: refused or failed."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer
from rich.console import Console

from assets.home import keep_private, log_failure
from pipeline import __version__
from pipeline.night import DATABASE, Night
from pipeline.settings import Refused, Settings, load
from pipeline.text import on_one_line, visible
from pipeline.warehouse.store import check_engine

if TYPE_CHECKING:
    from assets.cli.runner import Done

DONE, UNREAD, REFUSED = 0, 1, 2
ACCOUNTS = "Which accounts"
WIDE = 160

P = ParamSpec("P")


class NightAction(StrEnum):
    remove = "remove"


class Format(StrEnum):
    text = "text"
    json = "json"


app = typer.Typer(
    help="Every account of an AWS organization against the fourteen IAM best practices, each night.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="All other settings are read from rolecall.toml or ROLECALL_* variables (docs/settings.md).",
)


def print_version(is_set: bool) -> None:
    """`rolecall --version`."""
    if is_set:
        print(f"rolecall {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=print_version, is_eager=True)
    ] = False,
) -> None:
    """Options that precede the command."""


def main() -> None:
    """Run the command line and exit with its exit code."""
    app()


def command(work: Callable[P, int]) -> Callable[P, None]:
    """Register a function as a command: it returns the exit code; refusals become one sentence on stderr."""

    @app.command()
    @wraps(work)
    def wrapped(*args: P.args, **options: P.kwargs) -> None:
        try:
            keep_private()
            check_engine()
            code = work(*args, **options)
        except Refused as refused:
            code = complain(str(refused))
        except OSError as error:
            code = complain(f"{error.filename or 'the system'}: {error.strerror or error}")
        except KeyboardInterrupt:
            code = complain("interrupted; what was published before is still in place")
        except Exception as error:
            code = complain(unexpected(error, options.get("home")))
        raise typer.Exit(code)

    return wrapped


def unexpected(error: Exception, home: object) -> str:
    """A sentence for an unexpected error, with the path of its traceback."""
    problem = f"{type(error).__name__}: {on_one_line(error, 300)}"
    log = log_failure(home_of(home), "".join(traceback.format_exception(error)))
    return f"{problem}; {log} has the details" if log else problem


def home_of(option: object) -> Path:
    """The home that a command works in: its option, else the settings'."""
    try:
        return load(**given(home=option)).home
    except Refused:  # the settings cannot say
        return Path(str(option or Settings.model_fields["home"].default))


def complain(sentence: str) -> int:
    Console(stderr=True).print(f"rolecall: {visible(sentence)}", highlight=False, markup=False, soft_wrap=True)
    return REFUSED


@command
def run(
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The night; default: today.")] = None,
    judge_only: Annotated[
        bool, typer.Option("--judge-only", help="Make no AWS calls; use the night's landing.")
    ] = False,
    home: Annotated[Path | None, typer.Option(help="Folder for landing, databases and reports.")] = None,
    role_name: Annotated[str | None, typer.Option(help="Role to assume in every account.")] = None,
    external_id: Annotated[str | None, typer.Option(help="External ID required by the role's trust policy.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Region to read; repeat for more.")] = None,
    include_account: Annotated[
        list[str] | None, typer.Option(help="Read only this account; repeat for more.", rich_help_panel=ACCOUNTS)
    ] = None,
    exclude_account: Annotated[
        list[str] | None, typer.Option(help="Exclude this account.", rich_help_panel=ACCOUNTS)
    ] = None,
    include_ou: Annotated[
        list[str] | None, typer.Option(help="Read only accounts under this OU (id or path).", rich_help_panel=ACCOUNTS)
    ] = None,
    exclude_ou: Annotated[
        list[str] | None, typer.Option(help="Exclude accounts under this OU.", rich_help_panel=ACCOUNTS)
    ] = None,
    include_tag: Annotated[
        list[str] | None, typer.Option(help="Read only accounts with this tag (key=value).", rich_help_panel=ACCOUNTS)
    ] = None,
    exclude_tag: Annotated[
        list[str] | None, typer.Option(help="Exclude accounts with this tag.", rich_help_panel=ACCOUNTS)
    ] = None,
    concurrency: Annotated[int | None, typer.Option(help="Accounts read concurrently.")] = None,
    shards: Annotated[int | None, typer.Option(help="Number of shards of accounts.")] = None,
    exceptions_file: Annotated[Path | None, typer.Option(help="Register of exceptions and attestations.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Also show Dagster's log.")] = False,
) -> int:
    """Read all accounts, check the data, evaluate the controls and publish one night."""
    from assets.cli import runner
    from assets.cli.progress import shown
    from assets.defs import nights

    chosen = load(
        **given(
            home=home,
            role_name=role_name,
            external_id=external_id,
            regions=region,
            include_accounts=include_account,
            exclude_accounts=exclude_account,
            include_ous=include_ou,
            exclude_ous=exclude_ou,
            include_tags=include_tag,
            exclude_tags=exclude_tag,
            concurrency=concurrency,
            shards=shards,
            exceptions_file=exceptions_file,
        )
    )
    night = Night(chosen.home, as_of.date()) if as_of else nights.today(chosen)
    console = Console()
    with shown(console) as progress:
        done = runner.run_night(chosen, night, progress, judge_only=judge_only, verbose=verbose)
    return ended(console, done)


def ended(console: Console, done: Done) -> int:
    """Print the paths of a published night, and how many accounts were not read fully. Returns the exit code."""
    from assets.cli.progress import say

    say(console, "report", str(done.report))
    say(console, "database", str(done.database))
    if not done.unread:
        return DONE
    unread = f"{done.unread} accounts could not be read, or only in part; the report's coverage page says why"
    say(console, "unread", unread)
    return UNREAD


@command
def publish(
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The night; default: the newest.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Additional destination: s3://bucket/prefix.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder for landing, databases and reports.")] = None,
) -> int:
    """Publish a night again, locally and to the bucket if one is set."""
    from assets.cli.progress import say, shown
    from assets.defs import publishing

    chosen = load(**given(home=home, publish_to=to))
    console = Console()
    with shown(console) as progress:
        report = publishing.republish(chosen, as_of.date() if as_of else None, progress)
    say(console, "report", str(report))
    return DONE


@command
def nights(
    action: Annotated[NightAction | None, typer.Argument(help="Action on a night; default: list all nights.")] = None,
    as_of: Annotated[datetime | None, typer.Argument(formats=["%Y-%m-%d"], help="The night.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder for landing, databases and reports.")] = None,
) -> int:
    """List the nights of the home, or remove one permanently: `rolecall nights remove 2026-11-20`."""
    from assets.cli import nights as of_home

    chosen = load(**given(home=home))
    if action is None:
        console = Console()
        (console if console.is_terminal else Console(width=WIDE)).print(of_home.listed(chosen))
    elif as_of is None:
        raise Refused("which night? `rolecall nights remove 2026-11-20`; `rolecall nights` lists them")
    else:
        of_home.remove(chosen, Night(chosen.home, as_of.date()), Console())
    return DONE


@command
def controls(
    control: Annotated[str | None, typer.Argument(help="Id of a control to show in full.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List the controls, or show one."""
    from assets.cli import controls as listing

    console = Console()
    listing.show(console if console.is_terminal else Console(width=WIDE), control, as_json)
    return DONE


@command
def explain(
    control: Annotated[str, typer.Argument(help="Id or number of the control.")],
    resource: Annotated[str, typer.Argument(help="ARN or id of the resource, its account, or a unique part of it.")],
    account: Annotated[str | None, typer.Option(help="Account of the resource, if several have one.")] = None,
    region: Annotated[str | None, typer.Option(help="Region of the finding, if there are several.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder for landing, databases and reports.")] = None,
    format: Annotated[Format, typer.Option(help="Output format.")] = Format.text,
) -> int:
    """Explain a finding: what decided it, the calls behind it, and what would change its verdict."""
    from assets.cli import explain as explaining
    from pipeline.explain import finding

    database = load(**given(home=home)).home / DATABASE
    explanation = finding.explain(database, control, resource, account, region)
    console = Console()
    explaining.show(
        console if console.is_terminal else Console(width=WIDE), explanation, database, format is Format.json
    )
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


def given(**options: Any) -> dict[str, Any]:
    """The options that were given; for the others the settings apply."""
    return {name: value for name, value in options.items() if value not in (None, [])}
