"""Describe operations that take many names at once, called as few times as the API allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.aws.account import Account


def described(
    account: Account, operation: str, member: str, takes: str, names: Sequence[str], size: int, **params: Any
) -> Iterator[Any]:
    """The items of `operation` asked of `size` names at a time. Raises `CallFailed`."""
    for start in range(0, len(names), size):
        yield from account.pages(operation, member, **{takes: list(names[start : start + size])}, **params)
