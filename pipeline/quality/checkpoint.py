"""The checks as Great Expectations has them: a suite and a Validation Definition per table, and one Checkpoint.

A night runs the Checkpoint on its own connection. `export` writes it as a project of Great Expectations, with a
database of the night beside it, for `great_expectations.get_context(mode="file", project_root_dir=...)`.
"""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from pipeline.quality import duckdb_dialect
from pipeline.quality.declared import Check

NAME, SOURCE, WHOLE = "night", "landing", "whole table"
COUNTS = {"result_format": "BOOLEAN_ONLY"}
SEVERITIES = {"blocking": "critical", "warning": "warning"}
Key = tuple[str, str]


def run(con: duckdb.DuckDBPyConnection, checks: Sequence[Check]) -> dict[Key, Any]:
    """Run checks, sorted by dataset, on the tables `raw_<dataset>` of a connection: Great Expectations' results.

    They say whether a check holds; its rows come from the query that it stands for (`declared.rows_that_break`).
    """
    with quiet(), unchanging():
        import great_expectations as gx  # takes seconds: not at import

        from pipeline.quality import counted_rows  # noqa: F401 (registers it)

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
        creator = {"creator": duckdb_dialect.creator(con)}
        checkpoint = defined(context, f"{duckdb_dialect.NAME}://", checks, **creator)
        return {
            (validation.suite_name, result.expectation_config.meta["check"]): result
            for validation in checkpoint.run().run_results.values()
            for result in validation.results
        }


def defined(context: Any, database: str, checks: Sequence[Check], **options: Any) -> Any:
    """The Checkpoint, added to a context with all that it needs. `options` are arguments of SQLAlchemy's engine."""
    import great_expectations as gx
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.datasource.fluent.sql_datasource import TableAsset

    duckdb_dialect.register()
    whole: Any = BatchDefinition(name=WHOLE)
    names = [name for name, _ in by_dataset(checks)]
    source = context.data_sources.add_sql(  # with all tables: adding one later rewrites them all
        SOURCE,
        connection_string=database,
        create_temp_table=False,
        kwargs=options,
        assets=[TableAsset(name=name, table_name=f"raw_{name}", batch_definitions=[whole]) for name in names],
    )
    definitions = [
        context.validation_definitions.add(
            gx.ValidationDefinition(
                name=name,
                data=source.get_asset(name).get_batch_definition(WHOLE),
                suite=context.suites.add(suite(name, group)),
            )
        )
        for name, group in by_dataset(checks)
    ]
    return context.checkpoints.add(gx.Checkpoint(name=NAME, validation_definitions=definitions, result_format=COUNTS))


def suite(name: str, checks: Sequence[Check]) -> Any:
    """The expectations of these checks. `meta` has a check's name and its sentence."""
    import great_expectations as gx
    from great_expectations import expectations

    made = [
        getattr(expectations, check.expectation)(
            **check.arguments,
            severity=SEVERITIES[check.severity],
            meta={"check": check.name, "description": check.description},
        )
        for check in checks
    ]
    return gx.ExpectationSuite(name, expectations=made)


def export(folder: Path, database: Path, checks: Sequence[Check]) -> None:
    """Write the Checkpoint as a project of Great Expectations that reads this database."""
    with quiet(), unchanging():
        import great_expectations as gx

        context = gx.get_context(mode="file", project_root_dir=folder)
        defined(context, f"{duckdb_dialect.NAME}:///{database.resolve()}", checks)


def by_dataset(checks: Sequence[Check]) -> Iterator[tuple[str, list[Check]]]:
    """Sorted checks by dataset."""
    for name, group in groupby(checks, key=lambda check: check.dataset):
        yield name, list(group)


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress Great Expectations' warnings about its imports and its log message about an unknown dialect."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def unchanging() -> Iterator[None]:
    """Expectations and suites do not change while they run, so what Great Expectations makes of each is made once.

    It would make an expectation's configuration some fifty times, compare each suite with its store four times, and
    store results that nobody asks it for. Nothing that it makes meanwhile is garbage, so none is looked for.
    """
    from great_expectations import Checkpoint, ExpectationSuite, ValidationDefinition
    from great_expectations.core.freshness_diagnostics import FreshnessDiagnostics
    from great_expectations.data_context.store.validation_results_store import ValidationResultsStore
    from great_expectations.expectations.expectation import Expectation

    configuration = Expectation.__dict__["configuration"]
    kept: dict[int, tuple[Any, Any]] = {}  # with the expectation, so that no other one gets its id

    def once(expectation: Any) -> Any:
        if id(expectation) not in kept:
            kept[id(expectation)] = expectation, configuration.__get__(expectation)
        return kept[id(expectation)][1]

    def fresh(original: Any) -> Any:
        return lambda stored: FreshnessDiagnostics(errors=[]) if stored.id else original(stored)

    with ExitStack() as stack:
        stack.enter_context(patch.object(Expectation, "configuration", property(once)))
        for stored in (Checkpoint, ExpectationSuite, ValidationDefinition):
            stack.enter_context(patch.object(stored, "is_fresh", fresh(stored.is_fresh)))
        stack.enter_context(patch.object(ValidationResultsStore, "store_validation_results", lambda *_, **__: True))
        if gc.isenabled():
            gc.disable()
            stack.callback(gc.enable)
        yield
