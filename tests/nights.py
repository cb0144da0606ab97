"""The night that several modules look at: collected once in a test session, whichever worker needs it first."""

from __future__ import annotations

import pickle
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect import run
from pipeline.collect.run import Plan
from pipeline.night import Night
from tests import shared
from tests.conftest import ROOT, Loopback, use

NIGHT = 5
RECORD = "landed.pickle"
# One more entry than the demonstration's register has.
EXCEPTED = """
[[exceptions]]
control = "no_human_iam_users"
resource = "arn:aws:iam::*:user/julia.meyer"
owner = "lake@group.example"
reason = "Moves to Identity Center."
ticket = "LAKE-101"
expires_on = 2026-12-31
"""


@dataclass(frozen=True)
class Landed:
    """The fifth night, whole, in two shards: a home that is copied, never written to, and how it was collected."""

    home: Path
    register: Path
    plan: Plan
    events: list[Any]
    calls: Counter[tuple[str, str]]

    def copy(self, home: Path) -> None:
        """Land the night in another home."""
        shutil.copytree(self.home, home, dirs_exist_ok=True)


def landed(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """The night, from the folder that the workers of a session share."""
    folder = shared.made(tmp_path_factory, "whole-night", lambda folder: _collect(loopback, folder))
    made: Landed = pickle.loads((folder / RECORD).read_bytes())
    return made


def _collect(loopback: Loopback, folder: Path) -> None:
    register = folder / "exceptions.toml"
    register.write_text((ROOT / "demo" / "organization" / "exceptions.toml").read_text() + EXCEPTED)
    with pytest.MonkeyPatch.context() as patch:
        use(loopback, patch)
        loopback.reset(NIGHT)
        settings = loopback.settings(folder / "home", shards=2, exceptions_file=register)
        events: list[Any] = []
        plan = run.plan(settings, Night(settings.home, loopback.nights[NIGHT - 1]), events.append)
        for index in range(len(plan.shards)):
            run.collect_shard(settings, plan, index, events.append)
        calls = loopback.calls()
        run.commit(settings, plan)
    (folder / RECORD).write_bytes(pickle.dumps(Landed(folder / "home", register, plan, events, calls)))
