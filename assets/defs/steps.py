"""Common to all steps: no retries after a refusal, and exclusive use of the home."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from assets import home
from pipeline.settings import Refused, Settings


@contextmanager
def refusing() -> Iterator[None]:
    """Turn `Refused` into a failure that is not retried."""
    try:
        yield
    except Refused as error:
        raise dg.Failure(str(error), allow_retries=False) from error


@contextmanager
def holding(settings: Settings) -> Iterator[None]:
    """Lock the home until the process ends, with the effect of `refusing`."""
    with refusing():
        home.hold(settings.home)
        yield
