"""Dagster's UI with the synthetic organization: `python -m assets.cli.dev`, until interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

from assets import home
from assets.cli import app as cli
from assets.cli.demonstration import HERMETIC, HOME, served
from pipeline.settings import Refused, Settings

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Serve the organization on its last night, and Dagster; runs launched there read that organization."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    folder = HOME.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with served() as organization:
        as_of = organization.nights[-1]
        organization.turn_to(as_of)
        values = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ROLECALL_"))},
            **HERMETIC,
            **organization.environment,
            **variables(organization.settings(folder, as_of)),
            "DAGSTER_HOME": str(home.dagster_home(folder)),
        }
        command = [sys.executable, "-m", "dagster", "dev", "-m", "assets.definitions", *sys.argv[1:]]
        # In the home's folder, so that no rolecall.toml of a real organization is read.
        with subprocess.Popen(command, cwd=folder, env=values, process_group=0, preexec_fn=listen_to_signals) as page:
            try:
                return page.wait()
            except KeyboardInterrupt:
                page.send_signal(signal.SIGINT)
                return page.wait()


def variables(settings: Settings) -> dict[str, str]:
    """The settings as equivalent environment variables."""
    result = {}
    for name in sorted(settings.model_fields_set):
        value = settings.model_dump(mode="json", include={name})[name]
        result[f"ROLECALL_{name.upper()}"] = value if isinstance(value, str) else json.dumps(value)
    return result


def listen_to_signals() -> None:
    """Reset signal handlers: background jobs of a script ignore interrupts, and Dagster would inherit that."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refused as refused:
        sys.exit(cli.complain(str(refused)))
