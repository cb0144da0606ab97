"""Reuse of data from earlier nights, and of results shared by all accounts of a worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from pipeline import landing
from pipeline.damage import Damaged
from pipeline.night import Night
from pipeline.schema import EXTRACTS, Dataset, Row

REMEMBERED_DAYS = 35
# How long a thread waits for another that asks the same; then it asks too.
LONGEST_WAIT_SECONDS = 30.0


class Memory:
    """The nights before a night, as used by one worker. Thread-safe."""

    def __init__(self, night: Night) -> None:
        self.as_of = night.as_of
        first = night.on(night.as_of - timedelta(days=REMEMBERED_DAYS))
        self._nights = [earlier for earlier in reversed(landing.nights(night.home)) if first <= earlier < night]
        self._finished: dict[Night, dict[tuple[str, str, str], int]] = {}
        self._made: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def rows(self, dataset: Dataset, account_id: str, region: str) -> list[Row]:
        """Rows of the most recent earlier night on which this extract succeeded; [] if there is none.

        A night whose files cannot be read, or lack a column of today, is none: it costs asking again, and no more.
        """
        for night in self._nights:
            try:
                if (account_id, region, dataset.name) in self._extracts(night):
                    return self._read(night, dataset, account_id, region)
            except (Damaged, KeyError):
                continue
        return []

    def count(self, dataset: Dataset, account_id: str, region: str) -> int:
        """The number of rows of the most recent earlier night on which this extract succeeded; 0 if there is none."""
        for night in self._nights:
            with suppress(Damaged):
                if (rows := self._extracts(night).get((account_id, region, dataset.name))) is not None:
                    return rows
        return 0

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The result of `make` for a key, computed once per worker. Exceptions are not cached."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        is_alone = lock.acquire(timeout=LONGEST_WAIT_SECONDS)
        try:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]
        finally:
            if is_alone:
                lock.release()

    def _extracts(self, night: Night) -> dict[tuple[str, str, str], int]:
        """The number of rows of every successful extract of a night, by account, Region and dataset."""
        with self._lock:
            if night not in self._finished:
                rows = landing.read(night, EXTRACTS).to_pylist()
                self._finished[night] = {
                    (row["account_id"], row["region"], row["dataset"]): row["rows"]
                    for row in rows
                    if row["status"] == "ok"
                }
            return self._finished[night]

    def _read(self, night: Night, dataset: Dataset, account_id: str, region: str) -> list[Row]:
        keys = {"account_id": account_id} if dataset.scope != "organization" else {}
        keys |= {"region": region} if dataset.scope == "region" else {}
        filters = [(name, "==", value) for name, value in keys.items()] or None
        rows: list[Row] = []
        for file in sorted((night.landing_folder / dataset.name).glob("*.parquet")):
            table = landing.table(file, filters=filters, partitioning=None)
            rows += table.select([column.name for column in dataset.columns]).to_pylist()
        return rows
