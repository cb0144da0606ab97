"""Progress of a run on the console: none, plain lines, or a progress bar on a terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from pipeline.progress import Progress
from pipeline.settings import Settings

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


class JsonConsole(Console):
    """A console for log collectors: each line is a JSON object, with the fields of `common` in all of them."""

    def __init__(self, stderr: bool = False, **common: Any) -> None:
        super().__init__(stderr=stderr)
        self.common = common

    def event(self, stage: str, message: str, level: str = "info", **more: Any) -> None:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        fields = {"time": moment, "level": level, **self.common, "stage": stage, "message": message, **more}
        print(json.dumps(fields, ensure_ascii=False, default=str), file=self.file, flush=True)


class JsonLines(Lines):
    """The output of `Lines` as JSON, with the numbers of a long stage as fields."""

    def __init__(self, console: JsonConsole) -> None:
        super().__init__(console)
        self.events = console

    def step(self, stage: str, done: int, total: int) -> None:
        if done < total and time.monotonic() - self.spoken > SECONDS_OF_SILENCE:
            self.spoken = time.monotonic()
            self.events.event(stage, f"{done} of {total}", done=done, total=total)


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
    """Progress for this console: a bar on a terminal, plain or JSON lines elsewhere."""
    if isinstance(console, JsonConsole):
        yield JsonLines(console)
        return
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (TextColumn("{task.description:<13}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with RichProgress(*columns, console=console, transient=True) as bar:
        yield Bar(console, bar)


def say(console: Console, what: str, text: str) -> None:
    """Print one line: a keyword and its text."""
    if isinstance(console, JsonConsole):
        console.event(what, text)
        return
    console.print(f"{what:<13} {text}", highlight=False, markup=False, soft_wrap=True)


def logging(settings: Settings, **common: Any) -> Console:
    """The console in the settings' `log_format`; JSON has the fields of `common` in each line."""
    return JsonConsole(**common) if settings.log_format == "json" else Console()
