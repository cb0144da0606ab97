"""Files that are locked: opened where they stand, and never through a link to somewhere else."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import IO

from pipeline.refused import Refused


def opened(path: Path) -> IO[str]:
    """The file, to read and write, made where it is not there. Raises `Refused` for a link, which is not followed."""
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Refused(f"{path}: it is a link, and a lock is never one; delete it") from error
        raise
    return open(number, "r+", encoding="utf-8")
