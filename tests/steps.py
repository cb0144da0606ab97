"""How many lines of some files run: what a promise on growth is held against, for a clock would tell of the machine."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def untraced() -> Iterator[None]:
    """Without the tracer of coverage, which is put back: without it every later test of the process counts as unrun."""
    before, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(of_threads)


class Steps:
    """Counts the lines that run, in files whose names begin like this, while it is open."""

    def __init__(self, files: str) -> None:
        self.files, self.count = files, 0
        self._alone = untraced()

    def __enter__(self) -> Steps:
        self._alone.__enter__()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        self._alone.__exit__(None, None, None)

    def _trace(self, frame: FrameType, event: str, arg: object) -> Any:
        self.count += event == "line" and frame.f_code.co_filename.startswith(self.files)
        return self._trace
