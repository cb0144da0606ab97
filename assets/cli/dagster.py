"""`rolecall dagster`: Dagster's web server and daemon, on this home and with the project's instance settings."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assets.cli.app import DONE, Home, command, given, load
from pipeline.refused import Refused

LOOPBACK = "127.0.0.1"
MODULE = "assets.definitions"


class Process(StrEnum):
    webserver = "webserver"
    daemon = "daemon"


@command
def dagster(
    process: Annotated[Process, typer.Argument(help="The web server, or the daemon that runs schedules and sensors.")],
    host: Annotated[str, typer.Option(help="webserver: address to listen on; it has no sign-in.")] = LOOPBACK,
    port: Annotated[int, typer.Option(min=1, max=65535, help="webserver: port.")] = 3000,
    home: Home = None,
) -> int:
    """Run Dagster's web server or daemon in the foreground, as a service manager expects.

    Example: rolecall dagster webserver --port 3000
    """
    from assets import home as folder

    chosen = load(**given(home=home))
    # The code location reads the same home, wherever Dagster imports it.
    os.environ["ROLECALL_HOME"] = str(chosen.home.resolve())
    os.environ["DAGSTER_HOME"] = str(folder.dagster_home(chosen.home))
    program = Path(sys.executable).parent / f"dagster-{process}"
    if not program.exists():
        raise Refused(f"{program}: no such program; install Rolecall with its dependencies")
    options = ["run"] if process is Process.daemon else ["--host", host, "--port", str(port)]
    os.execv(program, [str(program), *options, "-m", MODULE])
    return DONE
