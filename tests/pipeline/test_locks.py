"""Locks: made for their user alone, and not followed to somewhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import locks
from pipeline.settings import Refused


def test_a_lock_is_private_and_never_a_link(tmp_path: Path) -> None:
    with locks.opened(tmp_path / ".lock") as file:
        file.write("1")
    assert (tmp_path / ".lock").stat().st_mode & 0o777 == 0o600
    (tmp_path / "link").symlink_to(tmp_path / ".lock")
    with pytest.raises(Refused, match="link: it is a link, and a lock is never one"):
        locks.opened(tmp_path / "link")
    assert (tmp_path / ".lock").read_text() == "1"
