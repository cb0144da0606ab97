"""Part of the accounts for a run: a sample, or those of which tonight's landing lacks something."""

from __future__ import annotations

import random
from contextlib import closing

from pipeline import landing
from pipeline.collect.run import NOT_READ, connected, read_roll
from pipeline.collectors.organization_tree import ACCOUNTS
from pipeline.night import Night
from pipeline.schema import EXTRACTS
from pipeline.settings import Settings


def sample(settings: Settings, night: Night, size: int) -> list[str]:
    """So many ACTIVE accounts in scope, chosen at random; all if there are fewer. Raises `Refused`."""
    with closing(connected(settings, night)) as cloud:
        active = read_roll(settings, cloud).active
    return sorted(random.sample(active, min(size, len(active))))


def failed(night: Night) -> list[str]:
    """The accounts in scope of which a dataset could not be read on a night that has landed. Raises `Refused`."""
    landing.check_landed(night)
    roll = landing.read(night, ACCOUNTS).to_pylist()
    in_scope = {row["account_id"] for row in roll if row["is_in_scope"] and row["state"] not in NOT_READ}
    lacking = {row["account_id"] for row in landing.read(night, EXTRACTS).to_pylist() if row["status"] == "failed"}
    return sorted(in_scope & lacking)
