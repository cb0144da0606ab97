"""The folder of state: Dagster's own part of it, and the lock that lets one run at a time change it."""

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
    """Where Dagster keeps its runs: `DAGSTER_HOME`, else a folder of this home, with the project's settings."""
    if chosen := os.environ.get("DAGSTER_HOME"):
        return Path(chosen)
    folder = home.resolve() / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INSTANCE).write_bytes(files("assets").joinpath(INSTANCE).read_bytes())
    return folder


def hold(home: Path) -> None:
    """Keep every other run out of this home until the process ends or `release`. Raises `Refused` if one is in it."""
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
    """Let other runs in."""
    if file := _held.pop(home.resolve(), None):
        file.close()


@contextmanager
def held(home: Path) -> Iterator[None]:
    """`hold` for the length of a block."""
    hold(home)
    try:
        yield
    finally:
        release(home)
