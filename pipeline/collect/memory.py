"""Reuse of data from earlier nights, and of results shared by all accounts of a worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline import damage, landing
from pipeline.damage import Damaged
from pipeline.night import Night
from pipeline.schema import EXTRACTS, UNREAD, Dataset, Extract, Row

REMEMBERED_DAYS = 35
# How long a thread waits for another that asks the same; then it asks too.
LONGEST_WAIT_SECONDS = 30.0

EVERY_ID = "", "9" * 13


class Memory:
    """The nights before a night, as used by one worker. Thread-safe."""

    def __init__(self, night: Night) -> None:
        self.as_of = night.as_of
        first = night.on(night.as_of - timedelta(days=REMEMBERED_DAYS))
        self._nights = [earlier for earlier in reversed(landing.nights(night.home)) if first <= earlier < night]
        self.last_night = self._nights[0].as_of if self._nights else None
        self._finished: dict[Night, Finished] = {}
        self._made: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def rows(self, dataset: Dataset, account_id: str, region: str) -> list[Row]:
        """Rows of the most recent earlier night on which this extract succeeded; [] if there is none.

        A night whose files cannot be read, or lack a column of today, is none: it costs asking again, and no more.
        """
        for night in self._nights:
            try:
                if self._extract(night, dataset, account_id, region):
                    return self._read(night, dataset, account_id, region)
            except (Damaged, KeyError):
                continue
        return []

    def count(self, dataset: Dataset, account_id: str, region: str) -> int:
        """The number of rows of the most recent earlier night on which this extract succeeded; 0 if there is none."""
        for night in self._nights:
            with suppress(Damaged):
                if extract := self._extract(night, dataset, account_id, region):
                    return extract.rows
        return 0

    def last(self, dataset: Dataset, account_id: str, region: str) -> Extract | None:
        """This extract of the last night; None if it or a record of it failed then, or that night cannot be read."""
        with suppress(Damaged):
            if self._nights and (account_id, region, dataset.name) not in self.once(UNREAD, self._unread):
                return self._extract(self._nights[0], dataset, account_id, region)
        return None

    def last_rows(self, dataset: Dataset, equal: Mapping[str, str]) -> list[Row]:
        """Rows of all accounts and Regions of the last night that have these values; [] if it cannot be read."""
        filters, names = [(name, "==", value) for name, value in equal.items()], [c.name for c in dataset.columns]
        files = landing.files(self._nights[0], dataset) if self._nights else []
        with suppress(Damaged, KeyError):
            tables = [landing.table(file, filters=filters) for file in files]
            return [row for table in tables for row in table.select(names).to_pylist()]
        return []

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

    def _unread(self) -> set[tuple[str, str, str]]:
        """The extracts of the last night with records that could not be read."""
        rows = landing.read(self._nights[0], UNREAD).to_pylist()
        return {(row["account_id"], row["region"], row["dataset"]) for row in rows}

    def _extract(self, night: Night, dataset: Dataset, account_id: str, region: str) -> Extract | None:
        with self._lock:
            if night not in self._finished:
                self._finished[night] = Finished(landing.read(night, EXTRACTS))
            return self._finished[night].of(account_id).get((region, dataset.name))

    def _read(self, night: Night, dataset: Dataset, account_id: str, region: str) -> list[Row]:
        names = [column.name for column in dataset.columns]
        if dataset.scope == "organization":
            whole: list[Row] = landing.read(night, dataset).select(names).to_pylist()
            return whole
        groups: Groups = self.once((night, dataset.name), lambda: Groups(landing.files(night, dataset), names))
        rows = groups.of(account_id)
        return [row for row in rows if dataset.scope != "region" or row["region"] == region]


class Groups:
    """Files of the landing, of which row groups are read as accounts are asked for; the last ones are kept.

    Accounts are read in the order of their ids, and so they lie in the files: those read together share a group.
    """

    HELD = 4

    def __init__(self, files: Iterable[Path], columns: list[str]) -> None:
        """Raises `Damaged`, and `KeyError` for a file that lacks a column."""
        self._columns = columns
        self._places: list[tuple[Path, int, str, str]] = []
        self._held: dict[tuple[Path, int], pa.Table] = {}
        self._lock = threading.Lock()
        for file in files:
            with damage.named(file):
                metadata = pq.read_metadata(file)
            if lacking := set(columns).difference(metadata.schema.to_arrow_schema().names):
                raise KeyError(f"{file}: it lacks {', '.join(sorted(lacking))}")
            for number in range(metadata.num_row_groups):
                group = metadata.row_group(number)
                of_column = map(group.column, range(group.num_columns))
                ids = next(column.statistics for column in of_column if column.path_in_schema == "account_id")
                is_known = ids is not None and ids.has_min_max
                self._places.append((file, number, *((ids.min, ids.max) if is_known else EVERY_ID)))

    def of(self, account_id: str) -> list[Row]:
        """The rows of an account."""
        rows: list[Row] = []
        for file, number, first, last in self._places:
            if first <= account_id <= last:
                table = self._group(file, number)
                rows += table.filter(pc.equal(table["account_id"], account_id)).to_pylist()
        return rows

    def _group(self, file: Path, number: int) -> pa.Table:
        with self._lock:
            if (file, number) not in self._held:
                if len(self._held) >= self.HELD:
                    del self._held[next(iter(self._held))]
                with damage.named(file), pq.ParquetFile(file) as opened:
                    self._held[file, number] = opened.read_row_group(number, columns=self._columns)
            return self._held[file, number]


class Finished:
    """The successful extracts of a night, by account. As tables: ten thousand accounts have millions."""

    ACCOUNTS_HELD = 64

    def __init__(self, extracts: pa.Table) -> None:
        ended = extracts.filter(pc.equal(extracts["status"], "ok")).sort_by("account_id").combine_chunks()
        self._rows = pa.table(
            {
                name: ended[name].dictionary_encode() if name in ("region", "dataset") else ended[name]
                for name in ("region", "dataset", "rows", "read_on", "empty_since")
            }
        )
        runs = pc.run_end_encode(pa.concat_arrays([pa.array([], pa.string()), *ended["account_id"].chunks]))
        self._places = dict(zip(runs.values.to_pylist(), pairwise([0, *runs.run_ends.to_pylist()]), strict=True))
        self._held: dict[str, dict[tuple[str, str], Extract]] = {}

    def of(self, account_id: str) -> dict[tuple[str, str], Extract]:
        """By Region and dataset. The accounts asked for last are kept as they are."""
        if account_id not in self._held:
            start, end = self._places.get(account_id, (0, 0))
            rows = self._rows.slice(start, end - start).to_pylist()
            if len(self._held) >= self.ACCOUNTS_HELD:
                del self._held[next(iter(self._held))]
            self._held[account_id] = {
                (row["region"], row["dataset"]): Extract(row["rows"], row["read_on"], row["empty_since"])
                for row in rows
            }
        return self._held[account_id]
