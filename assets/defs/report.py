"""What people open, as assets: the analysts' database and the pages of the report."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets import home
from assets.defs import nights, publishing
from assets.defs.collection import refusing
from pipeline.progress import Progress
from pipeline.settings import Settings
from pipeline.warehouse.models import PUBLISHED_LAYERS, Catalog
from reports.pages import kinds

DATABASE = "rolecall_database"
PAGES = {kind.name: (kind.asset, kind.description) for kind in kinds()}
"""Templates of the report: the asset that their pages are, and what it is."""


def published(settings: Settings, catalog: Catalog, progress: Progress) -> dg.AssetsDefinition:
    """The database from what is published of the models; every kind of page from the database."""
    shown = [model.name for model in catalog.models.values() if model.layer in PUBLISHED_LAYERS]

    @dg.multi_asset(
        name="publish",
        specs=[database_spec(shown), *(page_spec(*asset) for asset in PAGES.values())],
        partitions_def=nights.partitions(settings),
    )
    def publish(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        refusing(lambda: home.hold(settings.home))
        done = refusing(lambda: publishing.publish_night(settings, nights.night_of(settings, context), progress))
        place: dict[str, Any] = {
            "path": dg.MetadataValue.path(str(done.database)),
            "night": done.site.as_of.isoformat(),
        }
        yield dg.MaterializeResult(asset_key=DATABASE, metadata=place)
        index: dict[str, Any] = {"path": dg.MetadataValue.path(str(done.report / "index.html"))}
        for kind, (name, _) in PAGES.items():
            made: dict[str, Any] = {**index, "pages": done.site.kinds.get(kind, 0)}
            yield dg.MaterializeResult(asset_key=name, metadata=made)

    return publish


def database_spec(shown: list[str]) -> dg.AssetSpec:
    return dg.AssetSpec(
        DATABASE,
        deps=shown,
        group_name="published",
        kinds={"duckdb"},
        description="`rolecall.duckdb`: the tables that analysts query, replaced whole each night.",
    )


def page_spec(name: str, text: str) -> dg.AssetSpec:
    return dg.AssetSpec(name, deps=[DATABASE], group_name="report", kinds={"plotly", "html"}, description=text)
