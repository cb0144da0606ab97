"""A folder put in the place of another: one step where the system can, and nothing lost where it cannot."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pipeline import swap


def folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "page").write_text(text)
    return path


@pytest.mark.parametrize("can_exchange", [True, False])
def test_the_new_one_is_in_place_and_the_old_one_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(swap, "_exchange", lambda one, other: False)
    target, old = tmp_path / "target", tmp_path / "old"
    swap.put_in_place(folder(tmp_path / "first", "1"), target, old)
    assert ((target / "page").read_text(), old.exists()) == ("1", False)
    swap.put_in_place(folder(tmp_path / "second", "2"), target, old)
    assert ((target / "page").read_text(), (old / "page").read_text()) == ("2", "1")
    assert {path.name for path in tmp_path.iterdir()} == {"target", "old"}


def test_a_reader_always_finds_one(tmp_path: Path) -> None:
    if not swap._exchange(folder(tmp_path / "a", "a"), folder(tmp_path / "b", "b")):
        return  # the file system of this folder cannot
    target, missed, stop = folder(tmp_path / "target", "0"), [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            if not (target / "page").exists():
                missed.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(300):
        swap.put_in_place(folder(tmp_path / f"new-{number}", str(number)), target, tmp_path / f"old-{number}")
    stop.set()
    reader.join()
    assert not missed
