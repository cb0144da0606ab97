"""The version of what a home holds, so that an older program never writes into the state of a newer one.

    1   Rolecall 0.1
    2   Rolecall 0.2: names of columns in the history
    3   measures count accounts, not resources; access keys are known by their ids

Homes of versions 1 and 2 carry no mark. The landings need no migration: a column that was not collected is unknown
(`pipeline.raw`). The warehouse carries the version too, because it can be restored on its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.night import DATABASE, LANDING, WAREHOUSE
from pipeline.refused import Refused

VERSION = 3
MARK = ".version"


def found(home: Path) -> int | None:
    """The version of a home's state; 0 for one from before the marks, None for a home without state.

    Raises `Refused` for a mark that is not a number.
    """
    mark = home / MARK
    try:
        text = mark.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return 0 if any((home / name).exists() for name in (LANDING, WAREHOUSE, DATABASE)) else None
    if not text.isdecimal():
        raise Refused(f"{mark}: it holds no version number; write the one of the program that last wrote this home")
    return int(text)


def check(home: Path) -> None:
    """Raise `Refused` for a home that a newer program wrote."""
    check_version(home, found(home) or 0)


def check_version(path: Path, version: int) -> None:
    """Raise `Refused` for a version that this program does not know."""
    if version > VERSION:
        raise Refused(
            f"{path}: a newer version of Rolecall wrote it (state version {version}, this one knows {VERSION}); "
            "install that version, or name another --home"
        )


def mark(home: Path) -> str | None:
    """Mark a home with this program's version. Returns a sentence where its state was of an older one."""
    before = found(home)
    if before == VERSION:
        return None
    aside = home / f"{MARK}.{os.getpid()}"
    aside.write_text(f"{VERSION}\n", encoding="utf-8")
    os.replace(aside, home / MARK)
    if before is None:
        return None
    was = f"state version {before}" if before else "an earlier version's state"
    return f"{home}: {was} is now version {VERSION}; {WAREHOUSE} follows when it is next written"
