"""What Dagster keeps of a night goes with its landing."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa

from assets import remembered
from assets.home import dagster_home

NIGHTS = ("2099-11-18", "2099-11-19", "2099-11-20")


@dg.op
def nothing() -> None: ...


@dg.job
def nightly() -> None:
    nothing()


def test_runs_and_events_of_older_nights_are_forgotten(tmp_path: Path) -> None:
    asset = dg.AssetKey("findings")
    with dg.DagsterInstance.from_config(str(dagster_home(tmp_path))) as instance:
        for night in NIGHTS:
            tags = {"dagster/partition": night}
            nightly.execute_in_process(instance=instance, tags=tags)
            instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=night, tags={"a": "b"}))
        pages = dg.AssetKey("pages")
        for moment in (datetime(2099, 11, 18), datetime(2099, 12, 1)):
            instance.report_runless_asset_event(dg.AssetMaterialization(pages, description=str(moment)))
            storage: Any = instance.event_log_storage
            for connect in (storage.index_connection, partial(storage.run_connection, "")):
                with connect() as connection:
                    newest = "update event_logs set timestamp = :moment where id = (select max(id) from event_logs)"
                    connection.execute(sa.text(newest), {"moment": moment})
        instance.create_run_for_job(nightly, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": NIGHTS[0]})
        assert remembered.forget(instance, NIGHTS[1]) == 1
        kept = sorted((run.tags["dagster/partition"], run.status.value) for run in instance.get_runs())
        assert kept == [(NIGHTS[0], "STARTED"), (NIGHTS[1], "SUCCESS"), (NIGHTS[2], "SUCCESS")]
        with storage.run_connection("") as connection:
            assert connection.execute(sa.text("select count(*) from event_logs")).scalar() == 3
        made = [r.asset_materialization for r in instance.fetch_materializations(pages, limit=9).records]
        assert [event.description for event in made if event] == ["2099-12-01 00:00:00"]
        assert sorted(instance.get_materialized_partitions(asset)) == list(NIGHTS[1:])
