"""What takes seconds to make and is the same for all: made once in a test session, by the worker that is first."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.steps import untraced


def made(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` has filled, never to be written to; other workers wait while one fills it.

    Coverage does not count what `make` runs: which test comes first is chance.
    """
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder.with_suffix(".made")
        if not done.exists():
            with untraced():
                make(folder)
            done.touch()
    return folder


def copied(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A copy of that folder, for tests that open or change what is in it."""
    return Path(shutil.copytree(made(factory, name, make), factory.mktemp("home"), dirs_exist_ok=True))
