"""How a run says what it is doing: nothing, plain lines, or a bar on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress


class Progress(Protocol):
    """What a stage of a run tells: how far it is, and once what came of it."""

    def step(self, stage: str, done: int, total: int) -> None:
        """So many of the things of a stage are done."""

    def end(self, stage: str, outcome: str) -> None:
        """The stage is over; a sentence of what came of it."""


class Silent:
    """For runs that Dagster shows itself."""

    def step(self, stage: str, done: int, total: int) -> None: ...

    def end(self, stage: str, outcome: str) -> None: ...


class Lines:
    """A line a stage, and for long stages one at each fifth of the way."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.said: dict[str, int] = {}

    def step(self, stage: str, done: int, total: int) -> None:
        fifth = 5 * done // total if total else 5
        if fifth > self.said.get(stage, 0) and done < total and total >= 50:
            self.said[stage] = fifth
            say(self.console, stage, f"{done}/{total}")

    def end(self, stage: str, outcome: str) -> None:
        self.said.pop(stage, None)
        say(self.console, stage, outcome)


class Bar(Lines):
    """The lines of `Lines` above a bar for the stage that is going on."""

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
    """One line: a word and what there is to say of it."""
    console.print(f"{what:<13} {text}", highlight=False, markup=False, soft_wrap=True)
