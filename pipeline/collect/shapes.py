"""Reads an organization for the shapes of AWS's answers alone: nothing is landed, judged or kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

from pipeline.aws.shapes import Shapes
from pipeline.aws.visit import Visit
from pipeline.collect.reading import Reading
from pipeline.collect.run import connected, read_roll
from pipeline.night import Night
from pipeline.settings import Settings


def read(settings: Settings, as_of: date, most: int, progress: Callable[[str], None]) -> Shapes:
    """The shapes of what the organization answers, and the first `most` of its accounts in scope.

    Raises `Refused` if the organization cannot be read. What an account refuses has no shape.
    """
    shapes = Shapes()
    with tempfile.TemporaryDirectory() as home, closing(connected(settings, Night(Path(home), as_of))) as cloud:
        cloud.listen(shapes)
        progress("the organization")
        roll = read_roll(settings, cloud)
        roll.reading.read_all()
        for number, account_id in enumerate(roll.active[:most], start=1):
            progress(f"account {number} of {min(most, len(roll.active))}")
            visit = Visit(cloud, account_id, roll.caller, settings.account_timeout_minutes * 60)
            Reading(visit, ("account", "region")).read_all()
    return shapes
