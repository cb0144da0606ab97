"""Runs the checks on a night's raw tables with Great Expectations inside DuckDB.

The checks are defined in `pipeline.quality.declared` and `reconciled`. Great Expectations runs one suite per table on
an in-memory database with views of the night's landing; the results are landed as the dataset `quality_results`.
Results depend on no clock or scan order: the same landing gives the same results. Failures that only concern rows of
an account are attributed to it (`pipeline.quality.contradictions`).
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import duckdb
import pyarrow as pa

from pipeline import collectors, landing, raw
from pipeline.damage import Damaged
from pipeline.night import Night
from pipeline.quality import contradictions, duckdb_dialect
from pipeline.quality.contradictions import Contradiction
from pipeline.quality.declared import ROWS, Check, Severity
from pipeline.quality.reconciled import FLOOR, PREVIOUS, RUN, checks
from pipeline.rows import put
from pipeline.schema import EXTRACTS, QUALITY_RESULTS, Dataset, Row
from pipeline.settings import Settings

SAMPLE_ROWS = 10
WHOLE = "whole table"
LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class QualityResult:
    """The result of one check. `unexpected_count` is null if it could not be computed, which is a failure."""

    dataset: str
    check_name: str
    expectation: str
    severity: Severity
    passed: bool
    unexpected_count: int | None
    sample: tuple[Row, ...]
    message: str
    is_by_account: bool = False
    """Whether all violations are in rows of accounts, so that they affect those and not the night."""

    @property
    def key(self) -> tuple[str, str]:
        return self.dataset, self.check_name

    @property
    def is_blocking(self) -> bool:
        """Whether it prevents the night from being published."""
        return not self.passed and self.severity == "blocking" and not self.is_by_account

    def row(self) -> Row:
        fields = {column.name: getattr(self, column.name) for column in QUALITY_RESULTS.columns}
        return fields | {"sample": json.dumps(self.sample, default=str, ensure_ascii=False)}


def validate(settings: Settings, night: Night, only: Collection[tuple[str, str]] | None = None) -> list[QualityResult]:
    """Run the checks of a night, or `only` those named by (dataset, check), and land the results.

    Results of the night's other checks are kept. Raises `Refused` for a night without a landing.
    """
    datasets = collectors.datasets()
    chosen = [check for check in checks(datasets.values()) if only is None or check.key in only]
    with opened(settings, night, datasets) as con:
        results, contradicted = judged_by_account(con, chosen, run(con, chosen, datasets), datasets)
    if contradicted:
        contradictions.lay(night, contradicted, datasets)
        floor = [check for check in chosen if check.key == FLOOR]
        with opened(settings, night, datasets) as con:
            again = {result.key: result for result in run(con, floor, datasets)}
        results = [again.get(result.key, result) for result in results]
    return landed(night, results, whole=only is None)


def judged_by_account(
    con: duckdb.DuckDBPyConnection, chosen: Sequence[Check], results: list[QualityResult], datasets: dict[str, Dataset]
) -> tuple[list[QualityResult], list[Contradiction]]:
    """The results, with blocking failures limited to the organization, and the contradictions found in accounts."""
    by_key = {check.key: check for check in chosen}
    judged, contradicted = [], []
    for result in results:
        if result.is_blocking and result.unexpected_count is not None:
            mine, is_all = contradictions.found(con, by_key[result.key], datasets)
            contradicted += mine
            result = replace(result, is_by_account=is_all)
        judged.append(result)
    return judged, contradicted


def landed(night: Night, results: list[QualityResult], whole: bool) -> list[QualityResult]:
    """Land the results, and return them.

    A check whose violating rows were removed with their account passes when run again: its first result is kept.
    """
    earlier = {(row["dataset"], row["check_name"]): row for row in landing.read(night, QUALITY_RESULTS).to_pylist()}
    extracts = landing.read(night, EXTRACTS).to_pylist()
    charged = {row["dataset"] for row in extracts if row["error_class"] == contradictions.ERROR_CLASS}
    charged |= {EXTRACTS.name} if charged else set()
    by_key = {
        result.key: laid_before(result, earlier.get(result.key)) if result.dataset in charged else result
        for result in results
    }
    kept = [row for key, row in earlier.items() if not whole and key not in by_key]
    rows = sorted([*kept, *(result.row() for result in by_key.values())], key=lambda r: (r["dataset"], r["check_name"]))
    landing.write(night, QUALITY_RESULTS, rows)
    return list(by_key.values())


def laid_before(result: QualityResult, before: Row | None) -> QualityResult:
    """The earlier result of a check that passes only because contradictory rows were removed."""
    if not result.passed or result.key == FLOOR or not before or before["passed"] or before["severity"] != "blocking":
        return result
    fields = {name: before[name] for name in (column.name for column in QUALITY_RESULTS.columns)}
    return QualityResult(**fields | {"sample": tuple(json.loads(before["sample"]))}, is_by_account=True)


@contextmanager
def opened(settings: Settings, night: Night, datasets: dict[str, Dataset]) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database with the night's raw tables, the previous night's extracts and the settings."""
    con = duckdb.connect()
    try:
        raw.attach(con, night, datasets.values())
        put(con, f"create table {PREVIOUS} as from batch", extracts_before(night))
        con.execute(
            f"create table {RUN} as select ?::date as as_of, ?::double as min_coverage_to_publish, "
            "?::double as report_max_age_hours",
            [night.as_of, settings.min_coverage_to_publish, settings.report_max_age_hours],
        )
        yield con
    finally:
        con.close()


def extracts_before(night: Night) -> pa.Table:
    """The extracts of the newest earlier night whose file can be read; no rows where there is none."""
    for earlier in sorted((other for other in landing.nights(night.home) if other < night), reverse=True):
        with suppress(Damaged):
            return landing.read(earlier, EXTRACTS)
    return EXTRACTS.table([])


def run(con: duckdb.DuckDBPyConnection, chosen: Sequence[Check], datasets: dict[str, Dataset]) -> list[QualityResult]:
    """Run these checks on the tables `raw_<dataset>` of a connection. Results are sorted by dataset and name."""
    by_dataset = groupby(sorted(chosen, key=lambda check: check.key), key=lambda check: check.dataset)
    groups = {name: list(group) for name, group in by_dataset}
    results: list[QualityResult] = []
    with quiet(), configured_once():
        source = _source(con, groups)
        for name, group in groups.items():
            results += _of_dataset(source, datasets[name], group)
    return results


def _source(con: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> Any:
    """A Great Expectations data source on an open connection, with all tables: adding one later rewrites them all."""
    import great_expectations as gx  # takes seconds: not at import
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.datasource.fluent.sql_datasource import TableAsset

    duckdb_dialect.register()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
    sources: Any = context.data_sources
    whole: Any = BatchDefinition(name=WHOLE)
    return sources.add_sql(
        "landing",
        connection_string=f"{duckdb_dialect.NAME}://",
        create_temp_table=False,
        kwargs={"creator": duckdb_dialect.creator(con)},
        assets=[TableAsset(name=name, table_name=f"raw_{name}", batch_definitions=[whole]) for name in tables],
    )


def _of_dataset(source: Any, dataset: Dataset, of_dataset: list[Check]) -> list[QualityResult]:
    """Run one suite on one table. Only failed checks run again for their rows; passing ones cost just a count."""
    batch = source.get_asset(dataset.name).get_batch_definition(WHOLE).get_batch()
    results = _validated(batch, of_dataset, {"result_format": "BOOLEAN_ONLY"})
    failed = [check for check in of_dataset if not results[check.name].passed]
    if failed:
        result_format = {"result_format": "COMPLETE", "unexpected_index_column_names": list(dataset.key)}
        results |= _validated(batch, failed, result_format)
    return [results[check.name] for check in of_dataset]


def _validated(batch: Any, chosen: list[Check], result_format: dict[str, Any]) -> dict[str, QualityResult]:
    import great_expectations as gx
    from great_expectations import expectations

    severities = {"blocking": "critical", "warning": "warning"}
    suite = gx.ExpectationSuite(
        "checks",
        expectations=[
            getattr(expectations, check.expectation)(
                **check.arguments, severity=severities[check.severity], meta={"check": check.name}
            )
            for check in chosen
        ],
    )
    by_name = {
        r.expectation_config.meta["check"]: r for r in batch.validate(suite, result_format=result_format).results
    }
    return {check.name: _result(check, by_name[check.name]) for check in chosen}


def _result(check: Check, validation: Any) -> QualityResult:
    details = validation.result or {}
    result = QualityResult(
        check.dataset,
        check.name,
        validation.expectation_config.type,
        check.severity,
        passed=True,
        unexpected_count=0,
        sample=(),
        message=f"{check.description}.",
    )
    if error := _exception(validation):
        message = f"{check.description}: could not be computed: {error}"[:LONGEST_MESSAGE]
        return replace(result, passed=False, unexpected_count=None, message=message)
    if validation.success:
        return result
    is_query = check.expectation == ROWS
    count = int(details.get("observed_value" if is_query else "unexpected_count") or 1)
    rows = _rows(details)
    message = f"{check.description}: not so in {count:,} {'row' if count == 1 else 'rows'}."
    if rows:
        message = f"{message[:-1]}, such as {json.dumps(rows[0], default=str, ensure_ascii=False)}."
    return replace(result, passed=False, unexpected_count=count, sample=tuple(rows), message=message[:LONGEST_MESSAGE])


def _exception(validation: Any) -> str | None:
    """The message of a metric that raised an exception, which Great Expectations nests in two ways."""
    info = validation.exception_info or {}
    for entry in (info, *info.values()):
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return str(entry["exception_message"])
    return None


def _rows(details: dict[str, Any]) -> list[Row]:
    """The first violating rows, in a deterministic order."""
    of_query, of_columns = (details.get("details") or {}).get("unexpected_rows"), details.get("unexpected_index_list")
    unexpected: Iterable[Row] = of_query or of_columns or details.get("unexpected_list") or ()
    plain = [{name: _plain(value) for name, value in row.items()} for row in unexpected]
    return sorted(plain, key=lambda row: json.dumps(row, default=str))[:SAMPLE_ROWS]


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, list)) or value is None else str(value)


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
def configured_once() -> Iterator[None]:
    """Keep the configuration of each expectation: Great Expectations would make it again some fifty times.

    Expectations do not change while they run.
    """
    from great_expectations.expectations.expectation import Expectation

    made = Expectation.configuration
    kept: dict[int, tuple[Any, Any]] = {}  # with the expectation, so that no other one gets its id

    def configuration(expectation: Any) -> Any:
        if id(expectation) not in kept:
            kept[id(expectation)] = expectation, made.__get__(expectation)
        return kept[id(expectation)][1]

    Expectation.configuration = property(configuration)  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        Expectation.configuration = made  # type: ignore[method-assign]
