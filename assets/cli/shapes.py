"""`rolecall shapes`: what AWS answers, by names alone, for a report on what the demo or this version lacks."""

from __future__ import annotations

import json
from datetime import date
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from assets.cli.progress import say
from pipeline import __version__
from pipeline.collect import shapes
from pipeline.settings import Settings


def write(console: Console, settings: Settings, as_of: date, accounts: int, output: Path) -> None:
    """Read the organization and some accounts, and write the shapes. Raises `Refused`."""
    found = shapes.read(settings, as_of, accounts, lambda what: say(console, "reading", what))
    written = {"rolecall": __version__, "botocore": version("botocore"), "operations": found.to_dict()}
    output.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    say(console, "shapes", f"{output}: read it before you send it")
