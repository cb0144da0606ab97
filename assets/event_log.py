"""Dagster's SQLite event log for runs of the command line: the same files, with their connections kept open.

Dagster opens each file anew for every statement, which costs more than the statement. A night is about 1,500 events:
12 seconds of it become 4. Dagster's own processes read and write the same files in their own way.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.events.log import EventLogEntry
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

BATCH = "DAGSTER_EVENT_BATCH_SIZE"
EVENTS_AT_ONCE = 1000
INDEX = "index"


class EventLog(SqliteEventLogStorage):
    """One connection a file, and one transaction for all that is stored together."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        super().__init__(base_dir, inst_data)
        self._lock = threading.RLock()
        self._engines: dict[str, Engine] = {}
        self._open: dict[str, Connection] = {}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> EventLog:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._lock:
            if shard in self._open:
                yield self._open[shard]
                return
            with self._engine(shard).connect() as connection, connection.begin():
                self._open[shard] = connection
                try:
                    yield connection
                finally:
                    del self._open[shard]

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            options = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
            engine = create_engine(
                self.conn_string_for_shard(shard), poolclass=QueuePool, pool_size=1, connect_args=options
            )
            event.listen(engine, "connect", _without_waiting)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            self._engines[shard] = engine
        return self._engines[shard]

    def store_event(self, event: EventLogEntry) -> None:
        with self._connect(INDEX):
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        with self._connect(events[0].run_id), self._connect(INDEX):
            for one in events:
                self.store_event(one)

    def dispose(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _without_waiting(connection: Any, _: Any) -> None:
    """Write-ahead logging keeps the file whole; the last events of a machine that lost its power may be missing."""
    connection.execute("pragma synchronous = normal")


@contextmanager
def instance(folder: Path) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of a folder; one that keeps its events elsewhere is left as it is configured."""
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(folder))) as configured:
        storage = configured.event_log_storage
        if type(storage) is not SqliteEventLogStorage:
            yield configured
            return
        base = os.path.dirname(storage.path_for_shard(INDEX))
    overrides = {"event_log_storage": {"module": __name__, "class": EventLog.__name__, "config": {"base_dir": base}}}
    before = os.environ.get(BATCH)
    os.environ[BATCH] = before or str(EVENTS_AT_ONCE)
    try:
        with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(folder), overrides=overrides)) as quick:
            yield quick
    finally:
        if before is None:
            del os.environ[BATCH]
