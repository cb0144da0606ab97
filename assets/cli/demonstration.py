"""Serves the synthetic organization in a separate process and runs its nights, for `rolecall demo` and `make dev`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

from rich.console import Console

from assets.cli import runner
from assets.cli.progress import say, shown
from pipeline.night import Night
from pipeline.settings import Refused, Settings

EXTRA = ("flask", "flask_cors", "moto", "werkzeug")
HOME = Path("var") / "demo"
STOP_SECONDS = 10
HERMETIC = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "127.0.0.1"}
UNPACED = 1000
# Where its workloads are. Reading the other enabled Regions too would triple the time.
REGION = "us-east-1"
TRY = (
    "{python} -c \"import duckdb; duckdb.connect('{database}', read_only=True)"
    ".sql('select practice, critical, accounts_met, accounts, coverage from scores_by_practice').show()\""
)


@dataclass(frozen=True)
class Organization:
    """A running synthetic organization."""

    endpoint: str
    environment: dict[str, str]
    role_name: str
    external_id: str
    nights: list[date]

    def settings(self, home: Path, as_of: date, **more: Any) -> Settings:
        """Settings for that night, independent of `rolecall.toml` and of environment variables."""
        fields = {
            "home": home,
            "role_name": self.role_name,
            "external_id": self.external_id,
            "regions": [REGION],
            "today": as_of,
            "exceptions_file": Path(str(files("demo.organization").joinpath("exceptions.toml"))),
            "organization_calls_per_second": UNPACED,
            **more,
        }
        return Settings.model_construct(_fields_set=set(fields), **fields)

    def turn_to(self, as_of: date) -> None:
        """Switch the organization to its state on that date."""
        body = json.dumps({"night": self.nights.index(as_of) + 1}).encode()
        request = urllib.request.Request(f"{self.endpoint}/_rolecall/night", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()


@contextmanager
def served(night: int = 1) -> Iterator[Organization]:
    """Serve the organization on a free loopback port for the length of a block.

    Raises `Refused` where the extra `demo` is not installed.
    """
    if missing := [name for name in EXTRA if not find_spec(name)]:
        raise Refused(f"demo: {missing[0]} is not installed; the demo needs an extra: pip install 'rolecall[demo]'")
    # -P: a folder `demo` of the user's is not ours.
    command = [sys.executable, "-P", "-m", "demo", "serve", "--night", str(night), "--with-parent"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            lines: Iterator[str] = iter(server.stdout or ())
            line = next(lines, None)
            if line is None:
                raise Refused("demo: the synthetic organization did not start; see its output above")
            ready = json.loads(line)
            # Keep reading its output: a full pipe would block the server.
            Thread(target=deque, args=(lines, 0), daemon=True).start()
            yield Organization(
                ready["endpoint"],
                ready["environment"],
                ready["role_name"],
                ready["external_id"],
                [date.fromisoformat(night) for night in ready["nights"]],
            )
        finally:
            server.terminate()
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set these variables during a block, and shield boto3 from the user's own AWS configuration."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(HERMETIC | values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def run(console: Console, home: Path, nights: int, verbose: bool) -> int:
    """Run the organization's last nights in order, then print where the results are."""
    with served() as organization, environment(organization.environment):
        chosen = organization.nights[-nights:]
        for number, as_of in enumerate(chosen, start=1):
            say(console, f"night {number} of {len(chosen)}", str(as_of))
            organization.turn_to(as_of)
            settings = organization.settings(home, as_of, render_pdf=number == len(chosen))
            with shown(console) as progress:
                done = runner.run_night(settings, Night(home, as_of), progress, verbose=verbose)
    say(console, "report", str(done.report))
    say(console, "database", str(done.database))
    say(console, "try", TRY.format(python=relative(Path(sys.executable)), database=done.database))
    return 0


def relative(path: Path) -> Path:
    """The shortest form of a path from the current directory."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
