"""The history that a lost warehouse held, made again from the nights that have landed."""

from __future__ import annotations

from collections.abc import Callable

from pipeline import landing
from pipeline.night import Night
from pipeline.quality.run import validate
from pipeline.settings import Refused, Settings
from pipeline.warehouse import build, store
from pipeline.warehouse.invariants import Broken


def lost(night: Night) -> list[Night]:
    """The nights before this one that have landed, where the warehouse knows of no night at all; oldest first."""
    if any(store.nights_known(night.home)):
        return []
    return [earlier for earlier in landing.nights(night.home) if earlier < night]


def rebuild(settings: Settings, nights: list[Night], on_night: Callable[[Night], None]) -> None:
    """Check and judge nights again, in order; one that does not hold is held back, as it was."""
    for night in nights:
        try:
            if blocking := [result for result in validate(settings, night) if result.is_blocking]:
                store.note_held_back(night, blocking[0].message)
            else:
                build.build(settings, night)
        except (Refused, Broken) as error:
            store.note_held_back(night, str(error))
        on_night(night)
