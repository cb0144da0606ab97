"""Pages and opaque tokens."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class BadToken(ValueError):
    """A token that this list did not issue."""


def take(items: Sequence[T], token: str | None, size: int, scope: str) -> tuple[Sequence[T], str | None]:
    """One page of ``items`` and the token of the next (None on the last).

    ``scope`` names the list (operation and filters): a token of another list is refused.
    """
    start = _read(token, scope) if token else 0
    end = start + size
    return items[start:end], _write(end, scope) if end < len(items) else None


def _write(offset: int, scope: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([offset, scope]).encode()).decode()


def _read(token: str, scope: str) -> int:
    try:
        offset, owner = json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadToken(token) from error
    if owner != scope or not isinstance(offset, int):
        raise BadToken(token)
    return offset
