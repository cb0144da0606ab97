"""The Dagster code location, built from the settings, the datasets and the SQL models."""

from __future__ import annotations

import dagster as dg

from assets.defs import nights
from assets.defs.checks import raw_checks, results_asset
from assets.defs.collection import collection
from assets.defs.delivery import delivery
from assets.defs.jobs import failed_night, killed_nights, nightly, schedule
from assets.defs.models import models
from assets.defs.notification import notification
from assets.defs.report import published
from assets.defs.signals import signals
from assets.resources import run_settings
from pipeline import collectors, settings
from pipeline.progress import Progress, Silent
from pipeline.settings import Settings
from pipeline.warehouse import parameters
from pipeline.warehouse.models import load as load_catalog
from pipeline.warehouse.store import check_engine


@dg.definitions
def defs() -> dg.Definitions:
    return build(settings.load())


def build(chosen: Settings, progress: Progress | None = None) -> dg.Definitions:
    """The definitions for these settings. Raises `Refused` for an invalid setting or model."""
    check_engine()
    progress = progress or Silent()
    datasets, catalog = collectors.datasets(), load_catalog()
    parameters.check(chosen, catalog)
    raw, partitions = {f"raw_{name}" for name in datasets}, nights.partitions(chosen)
    assets: list[dg.AssetsDefinition | dg.AssetSpec] = [
        collection(datasets, partitions),
        results_asset(datasets, partitions),
        models(catalog, raw, partitions),
        published(catalog),
        *delivery(chosen),
        *notification(chosen),
        *signals(chosen),
    ]
    return dg.Definitions(
        assets=dg.map_asset_specs(lambda spec: spec.replace_attributes(owners=chosen.owners), assets),
        asset_checks=[raw_checks(datasets)],
        resources={"settings": run_settings(chosen), "progress": progress},
        jobs=[nightly()],
        schedules=[schedule(chosen)],
        sensors=[failed_night(chosen), killed_nights(chosen)],
        executor=dg.in_process_executor,
    )
