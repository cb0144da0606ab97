"""Progress reporting, independent of how it is displayed."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of a run's stages."""

    def step(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` items of a stage are finished."""

    def end(self, stage: str, outcome: str) -> None:
        """The stage is finished, with a sentence about its result."""


class Silent:
    """No output, for runs that Dagster displays itself."""

    def step(self, stage: str, done: int, total: int) -> None: ...

    def end(self, stage: str, outcome: str) -> None: ...
