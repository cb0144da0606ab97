"""How many lines of some files run: what a promise on growth is held against, for a clock would tell of the machine."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any


class Steps:
    """Counts the lines that run, in files whose names begin like this, while it is open.

    A tracer that was there before (coverage's) is put back: without it every later test of the process counts as unrun.
    """

    def __init__(self, files: str) -> None:
        self.files, self.count = files, 0

    def __enter__(self) -> Steps:
        self.before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self.before)

    def _trace(self, frame: FrameType, event: str, arg: object) -> Any:
        self.count += event == "line" and frame.f_code.co_filename.startswith(self.files)
        return self._trace
