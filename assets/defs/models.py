"""The SQL models and fact tables as one subsettable step, built in one transaction.

Controls report the percentage of accounts that meet them, fails, unknowns and coverage as metadata, so that Dagster can
plot them over time.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import duckdb

from assets.defs import nights, publishing
from assets.defs.steps import holding, refusing
from assets.resources import RunSettings
from pipeline.night import WAREHOUSE, Night
from pipeline.progress import Progress
from pipeline.settings import Refused, Settings
from pipeline.warehouse import build, rebuild
from pipeline.warehouse.build import Built
from pipeline.warehouse.invariants import Broken
from pipeline.warehouse.models import Catalog, Model, load

MEASURES = """
select control_id, controls_met, coverage, fail as fails, "unknown" from scores_by_control where as_of = ?
"""
COLUMNS = """
select table_name, column_name, data_type, comment
from duckdb_columns() where not internal order by table_name, column_index
"""


def models(catalog: Catalog, raw: set[str], partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Every model of the catalog, with the tables it reads as upstream assets."""
    tables = raw | catalog.models.keys()

    @dg.multi_asset(
        name="models",
        specs=[spec(model, tables) for model in catalog.models.values()],
        partitions_def=partitions,
        can_subset=True,
    )
    def make_models(
        context: dg.AssetExecutionContext, settings: RunSettings, progress: dg.ResourceParam[Progress]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with refusing():
            chosen = settings.load()
            night = nights.night_of(chosen, context)
        selected = {asset.path[0] for asset in context.selected_asset_keys}
        only = None if selected == catalog.models.keys() else sorted(selected)
        with holding(chosen):
            built = judge(chosen, night, only, progress)
        columns, measures = described(night), measured(night)
        for model in built:
            if model.name in selected:
                yield result(model, columns.get(model.name), measures.get(model.name, {}))

    return make_models


def judge(settings: Settings, night: Night, only: list[str] | None, progress: Progress) -> list[Built]:
    """Build every model of a night, or `only` these; one that contradicts itself is held back."""
    so_far: list[Built] = []
    total = len(load().models) if only is None else len(only)

    def on_model(built: Built) -> None:
        so_far.append(built)
        progress.step("models", len(so_far), total)

    if earlier := rebuild.lost(night):
        rebuild.rebuild(
            settings,
            earlier,
            lambda night_built: progress.step("lost nights", earlier.index(night_built) + 1, len(earlier)),
        )
        progress.end("lost nights", f"{WAREHOUSE} was lost: judged {len(earlier)} from {earlier[0]} on again")
    try:
        done = build.build(settings, night, only, on_model)
    except Broken as broken:
        reason = publishing.hold_back(settings, night, broken.reason)
        raise Refused(f"{night} is not published: {reason}") from broken
    progress.end("models", f"{len(done)} built, {sum(model.rows for model in done):,} rows")
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
        code_version=model.version,
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
        parts += [f"The fix may break something: {control.may_break}"] if control.may_break else []
    return "\n\n".join(part for part in parts if part)


def result(
    built: Built, columns: list[dg.TableColumn] | None, measures: dict[str, float | int]
) -> dg.MaterializeResult[Any]:
    metadata: dict[str, Any] = {"dagster/row_count": built.rows, "seconds": round(built.seconds, 3), **measures}
    if columns:
        metadata["dagster/column_schema"] = dg.TableSchema(columns=columns)
    return dg.MaterializeResult(asset_key=built.name, metadata=metadata)


def described(night: Night) -> dict[str, list[dg.TableColumn]]:
    """The columns of every table as built in the warehouse."""
    tables: dict[str, list[dg.TableColumn]] = {}
    with duckdb.connect(night.home / WAREHOUSE, read_only=True) as con:
        for table, column, kind, comment in con.execute(COLUMNS).fetchall():
            tables.setdefault(table, []).append(dg.TableColumn(column, kind.lower(), comment))
    return tables


def measured(night: Night) -> dict[str, dict[str, float | int]]:
    """Each control's measures for the night, without nulls; empty if no scores were built."""
    with duckdb.connect(night.home / WAREHOUSE, read_only=True) as con:
        if not con.execute("select 1 from duckdb_tables() where table_name = 'scores_by_control'").fetchone():
            return {}
        rows = con.execute(MEASURES, [night.as_of])
        names = [column[0] for column in rows.description or []]
        return {
            control: {name: value for name, value in zip(names[1:], values, strict=True) if value is not None}
            for control, *values in rows.fetchall()
        }
