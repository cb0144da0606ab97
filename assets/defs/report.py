"""The published results as assets: the analysts' database and the pages of the report."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg

from assets.defs import nights, publishing
from assets.defs.steps import holding, refusing
from assets.resources import RunSettings
from pipeline.progress import Progress
from pipeline.warehouse.models import PUBLISHED_LAYERS, Catalog
from reports.pages import kinds

DATABASE_ASSET = "rolecall_database"
PAGES = {kind.name: (kind.asset, kind.description) for kind in kinds()}
"""By template of the report: the name of its asset, and a description."""


FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26))
"""One night is published per day; after a failed one, the published data is a day older."""


def published(catalog: Catalog) -> dg.AssetsDefinition:
    """The database, from the published models, and every kind of page, from the database.

    Neither is partitioned: both always show the newest judged night, whatever night a run is for.
    """
    tables = [model.name for model in catalog.models.values() if model.layer in PUBLISHED_LAYERS]

    @dg.multi_asset(
        name="publish",
        specs=[database_spec(tables), *(page_spec(*asset) for asset in PAGES.values())],
    )
    def publish(
        context: dg.AssetExecutionContext, settings: RunSettings, progress: dg.ResourceParam[Progress]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with refusing():
            chosen = settings.load()
            night = nights.night_or_shown(chosen, context)
        with holding(chosen):
            done = publishing.publish_night(chosen, night, progress)
        for problem in done.site.not_made:
            context.log.warning(problem)
        yield from shown(done)

    return publish


def shown(done: publishing.Published) -> Iterator[dg.MaterializeResult[Any]]:
    """The database and each kind of page of a published night."""
    shows: dict[str, Any] = {"night": str(done.site.as_of)}
    lacks = {"not_made": list(done.site.not_made)} if done.site.not_made else {}
    yield dg.MaterializeResult(
        asset_key=DATABASE_ASSET, metadata={**shows, "path": dg.MetadataValue.path(str(done.database)), **lacks}
    )
    for kind, (name, _) in PAGES.items():
        pages = done.site.kinds.get(kind, [])
        of_pages: dict[str, Any] = {**shows, "pages": len(pages)}
        if pages:
            of_pages["path"] = dg.MetadataValue.path(str(done.report / pages[0]))
        yield dg.MaterializeResult(asset_key=name, metadata=of_pages)


def database_spec(tables: list[str]) -> dg.AssetSpec:
    return dg.AssetSpec(
        DATABASE_ASSET,
        deps=tables,
        freshness_policy=FRESH,
        group_name="published",
        kinds={"duckdb"},
        description="`rolecall.duckdb`: the tables that analysts query, replaced whole each night.",
    )


def page_spec(name: str, text: str) -> dg.AssetSpec:
    return dg.AssetSpec(name, deps=[DATABASE_ASSET], group_name="report", kinds={"plotly", "html"}, description=text)
