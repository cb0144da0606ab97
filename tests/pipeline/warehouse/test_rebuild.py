"""A lost warehouse: the nights that have landed are judged again, in order, before tonight's."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.night import Night
from pipeline.settings import Refused, Settings
from pipeline.warehouse import rebuild, store


def test_nights_are_lost_only_where_the_warehouse_knows_of_none(tmp_path: Path) -> None:
    nights = [Night(tmp_path, date(2026, 11, day)) for day in (20, 21, 22)]
    for night in nights:
        night.landing_folder.mkdir(parents=True)
    assert rebuild.lost(nights[2]) == nights[:2]
    with store.writing(tmp_path):
        pass
    assert rebuild.lost(nights[1]) == nights[:1]
    store.note_held_back(nights[0], "2 keys twice")
    assert rebuild.lost(nights[2]) == []


def test_one_that_does_not_hold_is_held_back_and_the_others_are_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = [Night(tmp_path, date(2026, 11, day)) for day in (20, 21)]
    judged = []

    def build(settings: Settings, night: Night) -> list[Any]:
        if night == nights[0]:
            raise Refused("its accounts are damaged")
        judged.append(night)
        return []

    monkeypatch.setattr(rebuild, "validate", lambda settings, night: [])
    monkeypatch.setattr(rebuild.build, "build", build)
    told: list[Night] = []
    rebuild.rebuild(Settings(home=tmp_path), nights, told.append)
    assert (told, judged) == (nights, nights[1:])
    assert store.held_back_after(Night(tmp_path, date(2026, 11, 19))) == (nights[0], "its accounts are damaged")
