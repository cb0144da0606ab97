"""Folders that are replaced atomically, so that the target exists at every moment, and folders that must be new."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from pipeline.refused import Refused

_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of renameat2(2)."""


def put_in_place(new: Path, target: Path, old: Path) -> None:
    """Move `new` to `target`, and the previous `target` to `old`.

    If the system cannot exchange folders (not Linux, or an unsupported file system), the target is missing for a
    moment; a process killed at that moment leaves the previous folder at `old`.
    """
    if not target.exists():
        os.rename(new, target)
    elif _exchange(new, target):
        os.rename(new, old)
    else:
        os.rename(target, old)
        os.rename(new, target)


def make_new(folder: Path) -> None:
    """Make a folder, or take an empty one. Raises `Refused` for one with something in it, and for a file."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder}: not an empty folder; name one that does not exist yet")
    folder.mkdir(parents=True, exist_ok=True)


def _exchange(first: Path, other: Path) -> bool:
    """Exchange two paths. Returns whether the system supports it."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    return bool(renameat2(_HERE, os.fsencode(first), _HERE, os.fsencode(other), _EXCHANGE) == 0)
