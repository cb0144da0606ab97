"""Reads an organization for the shapes of AWS's answers alone: nothing is landed, judged or kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

from pipeline.aws.failures import CallFailed
from pipeline.aws.session import Cloud
from pipeline.aws.shapes import Shapes
from pipeline.aws.visit import Visit, sign_in
from pipeline.collect import scope
from pipeline.collect.memory import Memory
from pipeline.collect.reading import Reading
from pipeline.collect.run import NOT_READ, refusal
from pipeline.night import Night
from pipeline.settings import Settings


def read(settings: Settings, as_of: date, most: int, progress: Callable[[str], None]) -> Shapes:
    """The shapes of what the organization answers, and the first `most` of its accounts in scope.

    Raises `Refused` if the organization cannot be read. What an account refuses has no shape.
    """
    with tempfile.TemporaryDirectory() as home:
        memory = Memory(Night(Path(home), as_of))
        with closing(Cloud(settings, memory=memory)) as cloud:
            return _read(cloud, settings, most, progress)


def _read(cloud: Cloud, settings: Settings, most: int, progress: Callable[[str], None]) -> Shapes:
    shapes = Shapes()
    cloud.listen(shapes)
    visit = Visit(cloud, "")
    try:
        caller = sign_in(visit)
        reading = Reading(visit, ("organization",))
        visit.account_id = reading.rows("organization")[0]["management_account_id"]
        accounts = reading.rows("accounts")
    except CallFailed as failed:
        raise refusal(failed, cloud) from failed
    progress("the organization")
    reading.read_all()
    roots, units = reading.rows("organization_roots"), reading.rows("organizational_units")
    chosen = scope.select(settings, roots, units, accounts)
    active = sorted(a["account_id"] for a in accounts if a["account_id"] in chosen and a["state"] not in NOT_READ)
    for number, account_id in enumerate(active[:most], start=1):
        progress(f"account {number} of {min(most, len(active))}")
        visit = Visit(cloud, account_id, caller, settings.account_timeout_minutes * 60)
        Reading(visit, ("account", "region")).read_all()
    return shapes
