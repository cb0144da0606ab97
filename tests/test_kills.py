"""kill -9 before every change of the file system, a full disk: a reader finds a whole night, the next run goes on."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.killed import STAGES

pytestmark = pytest.mark.slow

FULL = """
import resource, signal, sys
from pathlib import Path
from tests import killed

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
stage, home = killed.STAGES[sys.argv[1]], Path(sys.argv[2])
stage.work(home, 1)
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), most))
try:
    stage.work(home, 2)
except Exception as error:
    print(type(error).__name__)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
print(stage.found(home))
stage.work(home, 3)
print(stage.found(home))
"""
"""A file as large as allowed is a full disk: the same error reaches the same calls."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-W", "ignore", "-m", "tests.killed", str(place)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_a_reader_finds_the_run_before_or_the_killed_one_whole_and_the_next_run_goes_on(
    rig: dict[str, Any], stage: str
) -> None:
    assert rig["found"][stage]
    for before, after, next_run in rig["found"][stage]:
        assert after in (before, before + 1)
        assert next_run == before + 2


@pytest.mark.parametrize("stage", STAGES)
def test_what_killed_runs_left_is_swept(rig: dict[str, Any], stage: str) -> None:
    assert rig["left"][stage] == []


@pytest.mark.parametrize(("stage", "most"), [("landing", 100), ("report", 0), ("warehouse", 3_000_000)])
def test_a_full_disk_leaves_the_run_before_and_the_next_one_goes_on(tmp_path: Path, stage: str, most: int) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    (tmp_path / "mark").touch()
    command = [sys.executable, "-W", "ignore", "-c", FULL, stage, str(tmp_path), str(most)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    error, after, next_run = done.stdout.split()
    assert error in ("OSError", "IOException", "FatalException", "TransactionException", "Refused")
    assert (after, next_run) == ("1", "3")
