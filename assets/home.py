"""The home folder: Dagster's part of it, and the lock that allows one run at a time."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import IO

from pipeline import locks, state
from pipeline.night import FAILURE_LOG
from pipeline.refused import Refused

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


def keep_private() -> None:
    """What this process makes from now on is for its user alone: files 0600, folders 0700."""
    os.umask(0o077)


def hold(home: Path, tell: Callable[[str], None] = print) -> None:
    """Lock this home until `release` or the end of the process, and complete what a killed run left half done.

    `tell` is called with a sentence where an earlier version of Rolecall wrote the home.
    Raises `Refused` if another run holds the lock, or a newer program wrote the home.
    """
    from pipeline import landing  # with pyarrow: not for a command that holds no home

    key = home.resolve()
    if key in _held:
        return
    keep_private()
    state.check(key)
    key.mkdir(parents=True, exist_ok=True)
    if key.stat().st_mode & stat.S_IRWXO:
        key.chmod(0o700)
    file = locks.opened(key / LOCK)
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
    landing.recover(key)
    if sentence := state.mark(key):
        tell(sentence)


def is_locked(home: Path) -> bool:
    """Whether a run is working in this home."""
    if not (home / LOCK).exists():
        return False
    with locks.opened(home / LOCK) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def release(home: Path) -> None:
    """Release the lock."""
    if file := _held.pop(home.resolve(), None):
        file.close()


def log_failure(home: Path, details: str) -> Path | None:
    """Overwrite the home's failure log. Returns its path: in the system's temp folder where the home cannot be written,
    None where that cannot be either.
    """
    for folder in (home, Path(tempfile.gettempdir())):
        with suppress(OSError):
            (folder / FAILURE_LOG).write_text(details, encoding="utf-8")
            return folder / FAILURE_LOG
    return None


@contextmanager
def held(home: Path, tell: Callable[[str], None] = print) -> Iterator[None]:
    """Hold the lock during a block."""
    hold(home, tell)
    try:
        yield
    finally:
        release(home)
