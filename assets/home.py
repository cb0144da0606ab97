"""The home folder: Dagster's part of it, and the lock that allows one run at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import IO

from pipeline.settings import Refused

LOCK = ".lock"
INSTANCE = "dagster.yaml"

_held: dict[Path, IO[str]] = {}


def dagster_home(home: Path) -> Path:
    """Dagster's home: `DAGSTER_HOME`, else a subfolder of this home with the project's dagster.yaml."""
    if chosen := os.environ.get("DAGSTER_HOME"):
        return Path(chosen)
    folder = home.resolve() / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INSTANCE).write_bytes(files("assets").joinpath(INSTANCE).read_bytes())
    return folder


def hold(home: Path) -> None:
    """Lock this home until `release` or the end of the process. Raises `Refused` if another run holds the lock."""
    key = home.resolve()
    if key in _held:
        return
    key.mkdir(parents=True, exist_ok=True)
    file = (key / LOCK).open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise Refused(f"{home}: another run (process {owner}) is working there; wait for it to end") from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    _held[key] = file


def release(home: Path) -> None:
    """Release the lock."""
    if file := _held.pop(home.resolve(), None):
        file.close()


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the lock during a block."""
    hold(home)
    try:
        yield
    finally:
        release(home)
