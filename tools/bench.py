"""Seconds of each stage of one night of the synthetic organization: `python -m tools.bench`."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assets.cli.demonstration import environment, served
from assets.cli.runner import run_night
from pipeline.night import Night


class Stopwatch:
    """Progress that only records when each stage ends."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self.outcomes: dict[str, str] = {}
        self.last = time.perf_counter()

    def step(self, stage: str, done: int, total: int) -> None: ...

    def end(self, stage: str, outcome: str) -> None:
        now = time.perf_counter()
        self.stages[stage], self.outcomes[stage], self.last = now - self.last, outcome, now


def main() -> None:
    """Run the first night twice, so that imports do not count, and report the second run."""
    with tempfile.TemporaryDirectory() as folder, served() as organization, environment(organization.environment):
        settings = organization.settings(Path(folder), organization.nights[0])
        for _ in range(2):
            watch = Stopwatch()
            run_night(settings, Night(settings.home, organization.nights[0]), watch)
    watch.end("the rest", "Dagster's own")
    total = sum(watch.stages.values())
    stages = Table("Stage", "Seconds", "Share", "Of what", box=None)
    for stage, seconds in watch.stages.items():
        stages.add_row(stage, f"{seconds:.1f}", f"{100 * seconds / total:.0f} %", watch.outcomes[stage])
    stages.add_row("all", f"{total:.1f}", "100 %", "")
    Console().print(stages)


if __name__ == "__main__":
    main()
