"""What Dagster remembers of nights goes with their landings, so that its files do not grow for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import dagster as dg
import sqlalchemy as sa

PARTITION = "dagster/partition"
RUNLESS = ""
LATEST = timedelta(days=3)
"""How long after its date a night's run may have been created."""


def forget(instance: dg.DagsterInstance, oldest: str) -> int:
    """Delete ended runs and events of nights before this date (2026-11-20); how many runs there were.

    Dagster has no call for events that were reported without a run: where its storage is a database, they are deleted
    there. Those of the pages and the database have no partition, and go by their time. SQLite keeps them twice: in an
    index, and in a file for each run, here of the run without a name.
    """
    statuses = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    latest = datetime.fromisoformat(oldest).replace(tzinfo=UTC) + LATEST
    ended = dg.RunsFilter(statuses=statuses, created_before=latest)
    runs = [run.run_id for run in instance.get_runs(ended) if run.tags.get(PARTITION, oldest) < oldest]
    for run_id in runs:
        instance.delete_run(run_id)
    storage: Any = instance.event_log_storage
    if hasattr(storage, "index_connection"):
        for connect in (storage.index_connection, partial(storage.run_connection, RUNLESS)):
            with connect() as connection:
                _forget(connection, oldest, latest)
    return len(runs)


def _forget(connection: sa.Connection, oldest: str, latest: datetime) -> None:
    """Delete the events of partitions before `oldest`, and those without a partition from before `latest`."""
    known = sa.MetaData()
    known.reflect(connection, only=["event_logs", "asset_event_tags"])
    events, tags = known.tables["event_logs"], known.tables["asset_event_tags"]
    is_before = events.c.timestamp < latest.replace(tzinfo=None)
    old = sa.or_(events.c.partition < oldest, sa.and_(events.c.partition.is_(None), is_before))
    connection.execute(tags.delete().where(tags.c.event_id.in_(sa.select(events.c.id).where(old))))
    connection.execute(events.delete().where(old))
