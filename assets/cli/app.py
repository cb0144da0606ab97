"""What every command shares: the application, exit codes, options, and one sentence for every failure."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer
from rich.console import Console

from assets.home import keep_private, log_failure
from pipeline import __version__
from pipeline.refused import Refused
from pipeline.text import on_one_line, visible

if TYPE_CHECKING:
    from pipeline.settings import Settings

DONE, UNREAD, REFUSED = 0, 1, 2
WIDE = 160

P = ParamSpec("P")


Home = Annotated[Path | None, typer.Option(help="Folder for landing, databases and reports.")]


class Format(StrEnum):
    text = "text"
    json = "json"


app = typer.Typer(
    help="Every account of an AWS organization against the fourteen IAM best practices, each night.",
    no_args_is_help=True,
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
    config: Annotated[Path | None, typer.Option(help="Settings file; default: rolecall.toml here.")] = None,
) -> None:
    """Options that precede the command."""
    if config:
        from pipeline.settings import CONFIG

        os.environ[CONFIG] = str(config)


def command(work: Callable[P, int]) -> Callable[P, None]:
    """Register a function as a command: it returns the exit code; refusals become one sentence on stderr."""

    @app.command()
    @wraps(work)
    def wrapped(*args: P.args, **options: P.kwargs) -> None:
        try:
            keep_private()
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
        from pipeline.settings import Settings

        return Path(str(option or Settings.model_fields["home"].default))


def complain(sentence: str) -> int:
    if is_log_json():
        from assets.cli.progress import JsonConsole

        JsonConsole(stderr=True).event("rolecall", sentence, level="error", exit_code=REFUSED)
        return REFUSED
    Console(stderr=True).print(f"rolecall: {visible(sentence)}", highlight=False, markup=False, soft_wrap=True)
    return REFUSED


def is_log_json() -> bool:
    """Whether errors are written as JSON: by the settings, or by their variable where they cannot be read."""
    try:
        return load().log_format == "json"
    except Refused:
        return os.environ.get("ROLECALL_LOG_FORMAT") == "json"


def load(**options: Any) -> Settings:
    """The settings, with these options. Raises `Refused`. Imported when read: `--help` needs none."""
    from pipeline import settings

    return settings.load(**options)


def given(**options: Any) -> dict[str, Any]:
    """The options that were given; for the others the settings apply."""
    return {name: value for name, value in options.items() if value not in (None, [])}


def terminal() -> Console:
    """The console for tables: as wide as the terminal, or wide enough for a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)
