"""What every step does the same way: refuse once and for all, and work alone in a home."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from assets import home
from pipeline.settings import Refused, Settings


@contextmanager
def refusing() -> Iterator[None]:
    """Turns `Refused` into a failure that is not retried."""
    try:
        yield
    except Refused as error:
        raise dg.Failure(str(error), allow_retries=False) from error


@contextmanager
def holding(settings: Settings) -> Iterator[None]:
    """Keeps other runs out of the home, until the process ends; `refusing` besides."""
    with refusing():
        home.hold(settings.home)
        yield
