"""Deterministic values: every date, id and choice is a hash of the seed and a key, never a running generator.

So the state of a night depends only on (seed, night), and adding a user does not affect the others.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

FIRST_NIGHT = date(2026, 11, 16)
NIGHTS = 8

T = TypeVar("T")


@dataclass(frozen=True)
class Scene:
    """A seed seen on one night (1 to :data:`NIGHTS`)."""

    seed: int
    night: int

    @property
    def now(self) -> datetime:
        """The time of the night's run: 02:00 UTC."""
        return datetime.combine(self.day, time(2), UTC)

    @property
    def day(self) -> date:
        """The date of the night: the run's ``as_of``."""
        return FIRST_NIGHT + timedelta(days=self.night - 1)

    def number(self, key: str, limit: int) -> int:
        """A number in [0, limit) for the key."""
        digest = hashlib.sha256(f"{self.seed}|{key}".encode()).digest()
        return int.from_bytes(digest[:8]) % limit

    def pick(self, key: str, options: Sequence[T]) -> T:
        return options[self.number(key, len(options))]

    def token(self, key: str, length: int) -> str:
        """Upper-case letters and digits 2 to 7, as in IAM ids."""
        digest = hashlib.sha256(f"{self.seed}|{key}".encode()).digest()
        return base64.b32encode(digest).decode()[:length]

    def iam_id(self, prefix: str, key: str) -> str:
        """An IAM unique id, for instance ``AROA`` and 17 characters."""
        return prefix + self.token(f"{prefix}|{key}", 17)

    def account_id(self, name: str) -> str:
        return str(100_000_000_000 + self.number(f"account|{name}", 899_999_999_999))

    def ago(self, days: int, key: str) -> datetime:
        """A fixed time during working hours, this many days before the first night."""
        return self._at(FIRST_NIGHT - timedelta(days=days), key)

    def lately(self, key: str, every_days: int = 1) -> datetime:
        """The last time before this night of something that happens every ``every_days`` days."""
        yesterday = self.day.toordinal() - 1
        last = yesterday - (yesterday + self.number(f"phase|{key}", every_days)) % every_days
        return self._at(date.fromordinal(last), key)

    def _at(self, day: date, key: str) -> datetime:
        seconds = 6 * 3600 + self.number(f"time|{day}|{key}", 12 * 3600)
        return datetime.combine(day, time(0), UTC) + timedelta(seconds=seconds)
