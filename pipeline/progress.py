"""How far a run is: what its stages tell, whoever shows it."""

from __future__ import annotations

from typing import Protocol


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
