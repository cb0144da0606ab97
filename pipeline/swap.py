"""A folder in the place of another, in one step: at no instant is the place empty."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of renameat2(2)."""


def put_in_place(new: Path, target: Path, old: Path) -> None:
    """Make `new` be `target`; what was there before is at `old`.

    Where the system cannot exchange two folders (not Linux, or its file system does not), the place is empty for an
    instant, and one who is killed then leaves all of it at `old`.
    """
    if not target.exists():
        os.rename(new, target)
    elif _exchange(new, target):
        os.rename(new, old)
    else:
        os.rename(target, old)
        os.rename(new, target)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names; whether the system could."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    return bool(renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
