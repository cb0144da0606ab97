"""Progress of a run on the console: none, plain lines, or a progress bar on a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from pipeline.progress import Progress

SECONDS_OF_SILENCE = 10


class Lines:
    """One line when a stage ends, and occasional lines during a long one."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.spoken = time.monotonic()

    def step(self, stage: str, done: int, total: int) -> None:
        if done < total and time.monotonic() - self.spoken > SECONDS_OF_SILENCE:
            self._say(stage, f"{done} of {total}")

    def end(self, stage: str, outcome: str) -> None:
        self._say(stage, outcome)

    def _say(self, stage: str, text: str) -> None:
        self.spoken = time.monotonic()
        say(self.console, stage, text)


class Bar(Lines):
    """The output of `Lines`, above a progress bar for the current stage."""

    def __init__(self, console: Console, bar: RichProgress) -> None:
        super().__init__(console)
        self.bar = bar
        self.task = bar.add_task("starting", total=None)

    def step(self, stage: str, done: int, total: int) -> None:
        self.bar.update(self.task, description=stage, completed=done, total=total)

    def end(self, stage: str, outcome: str) -> None:
        self.bar.reset(self.task, description="", total=None)
        super().end(stage, outcome)


@contextmanager
def shown(console: Console) -> Iterator[Progress]:
    """Progress for this console: a bar on a terminal, plain lines elsewhere."""
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (TextColumn("{task.description:<13}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with RichProgress(*columns, console=console, transient=True) as bar:
        yield Bar(console, bar)


def say(console: Console, what: str, text: str) -> None:
    """Print one line: a keyword and its text."""
    console.print(f"{what:<13} {text}", highlight=False, markup=False, soft_wrap=True)
