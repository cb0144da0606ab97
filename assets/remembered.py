"""What Dagster remembers of nights goes with their landings, so that its files do not grow for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.event_log.schema import AssetEventTagsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

PARTITION = "dagster/partition"
LATEST = timedelta(days=3)
"""How long after its date a night's run may have been created."""


def forget(instance: dg.DagsterInstance, oldest: str) -> int:
    """Delete ended runs and events of nights before this date (2026-11-20); how many runs there were.

    Dagster has no call for events of partitions that were reported without a run: they are deleted in its database.
    """
    statuses = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    ended = dg.RunsFilter(statuses=statuses, created_before=datetime.fromisoformat(oldest).replace(tzinfo=UTC) + LATEST)
    runs = [run.run_id for run in instance.get_runs(ended) if run.tags.get(PARTITION, oldest) < oldest]
    for run_id in runs:
        instance.delete_run(run_id)
    storage, events, tags = instance.event_log_storage, SqlEventLogStorageTable, AssetEventTagsTable
    if isinstance(storage, SqlEventLogStorage):
        with storage.index_connection() as connection:
            old = events.c.partition < oldest
            ids = events.select().with_only_columns(events.c.id).where(old)
            connection.execute(tags.delete().where(tags.c.event_id.in_(ids)))
            connection.execute(events.delete().where(old))
    return len(runs)
