"""Partitions: a night each."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from assets.defs import nights
from pipeline.night import Night
from tests.assets.support import settings


def test_partitions_go_from_the_first_landed_night_to_a_pretended_today(tmp_path: Path) -> None:
    for as_of in (date(2026, 11, 3), date(2026, 11, 5)):
        Night(tmp_path, as_of).landing_folder.mkdir(parents=True)
    for today in (date(2026, 11, 6), date(2031, 1, 2)):
        keys = nights.partitions(settings(tmp_path, today=today)).get_partition_keys()
        assert (keys[0], keys[-1]) == ("2026-11-03", today.isoformat())
