"""The SQL models and derived tables as one step that can build any part of them, in one transaction."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import duckdb

from assets import home
from assets.defs import nights, publishing
from assets.defs.collection import refusing
from pipeline.night import WAREHOUSE, Night
from pipeline.progress import Progress
from pipeline.settings import Refused, Settings
from pipeline.warehouse import build
from pipeline.warehouse.build import Built
from pipeline.warehouse.invariants import Broken
from pipeline.warehouse.models import Catalog, Model

COLUMNS = """
select table_name, column_name, data_type, comment
from duckdb_columns() where not internal order by table_name, column_index
"""


def models(settings: Settings, catalog: Catalog, raw: set[str], progress: Progress) -> dg.AssetsDefinition:
    """Every model of the catalog, with what it reads as its upstream."""
    tables = raw | catalog.models.keys()

    @dg.multi_asset(
        name="models",
        specs=[spec(model, tables) for model in catalog.models.values()],
        partitions_def=nights.partitions(settings),
        can_subset=True,
    )
    def make_models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        night = nights.night_of(settings, context)
        refusing(lambda: home.hold(settings.home))
        selected = {asset.path[0] for asset in context.selected_asset_keys}
        only = None if selected == catalog.models.keys() else sorted(selected)
        built = refusing(lambda: _build(settings, night, only, len(selected), progress))
        columns = described(settings)
        for one in built:
            if one.name in selected:
                yield result(one, columns.get(one.name))

    return make_models


def _build(settings: Settings, night: Night, only: list[str] | None, total: int, progress: Progress) -> list[Built]:
    made: list[Built] = []

    def on_model(built: Built) -> None:
        made.append(built)
        progress.step("models", len(made), total)

    try:
        done = build.build(settings, night, only, on_model)
    except Broken as broken:
        reason = publishing.hold_back(settings, night, broken.reason)
        raise Refused(f"{night} is not published: {reason}") from broken
    progress.end("models", f"{len(done)} built, {sum(one.rows for one in done):,} rows")
    return done


def spec(model: Model, tables: set[str]) -> dg.AssetSpec:
    control = model.control
    return dg.AssetSpec(
        model.name,
        deps=[read for read in model.reads if read in tables],
        group_name=model.layer,
        kinds={"python" if model.fact else "sql", "duckdb"},
        description=describe(model),
        skippable=True,
        metadata={
            "sql": dg.MetadataValue.md(f"```sql\n{model.sql}\n```"),
            "file": str(model.path),
            "dagster/column_schema": dg.TableSchema(
                columns=[dg.TableColumn(name, description=text) for name, text in model.header.columns.items()]
            ),
        },
        tags={"practice": str(control.practice), "severity": control.severity} if control else {},
    )


def describe(model: Model) -> str:
    parts = [model.header.title, model.header.description]
    if control := model.control:
        parts += [f"Why: {control.why}", f"Fix: {control.fix}"]
        parts += [f"Following it can break something: {control.may_break}"] if control.may_break else []
    return "\n\n".join(part for part in parts if part)


def result(built: Built, columns: list[dg.TableColumn] | None) -> dg.MaterializeResult[Any]:
    metadata: dict[str, Any] = {"dagster/row_count": built.rows, "seconds": round(built.seconds, 3)}
    if columns:
        metadata["dagster/column_schema"] = dg.TableSchema(columns=columns)
    return dg.MaterializeResult(asset_key=built.name, metadata=metadata)


def described(settings: Settings) -> dict[str, list[dg.TableColumn]]:
    """The columns of every table of the warehouse, as they came out."""
    found: dict[str, list[dg.TableColumn]] = {}
    with duckdb.connect(settings.home / WAREHOUSE, read_only=True) as con:
        for table, column, kind, comment in con.execute(COLUMNS).fetchall():
            found.setdefault(table, []).append(dg.TableColumn(column, kind.lower(), comment))
    return found
