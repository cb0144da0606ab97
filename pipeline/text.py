"""Formatting of values for people: on pages and in messages."""

from __future__ import annotations

import math
import re
from typing import Any

NOTHING = "\u2013"
"""Shown for a missing value: an en dash."""

_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def visible(value: Any) -> Any:
    """Text with invisible and bidirectional control characters shown by code; '' for None."""
    if value is None:
        return ""
    if type(value) is str and not (value.isascii() and value.isprintable()):
        return _ODD.sub(lambda m: f"\\u{ord(m[0]):04x}", value)
    return value


def on_one_line(value: object, longest: int | None = None) -> str:
    """A text with each run of blanks and line breaks as one blank; cut at `longest` characters."""
    return " ".join(str(value).split())[:longest]


def percent(value: float | None) -> str:
    """`84.1%`, rounded down, so that 99.96 never reads 100 and 94.99 never reads 95."""
    if value is None:
        return NOTHING
    tenths = math.floor(value * 10 + 1e-6)
    return f"{tenths // 10}%" if tenths in (0, 1000) else f"{tenths / 10:.1f}%"


def plural(count: int, singular: str, many: str = "") -> str:
    """`1 account`, `1,200 accounts`."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"
