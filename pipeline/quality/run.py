"""Runs the checks on a night's raw tables, and lands the results as the dataset `quality_results`.

The checks are defined in `declared`, `plausible` and `reconciled`, and run by Great Expectations (`checkpoint`) on an
in-memory database with views of the night's landing. Results depend on no clock or scan order: the same landing gives
the same results. Failures that only concern rows of an account are attributed to it (`contradictions`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from pipeline import collectors, landing, raw
from pipeline.damage import Damaged
from pipeline.night import Night
from pipeline.quality import accepted, checkpoint, contradictions, plausible
from pipeline.quality.contradictions import Contradiction
from pipeline.quality.declared import Check, Severity, rows_that_break
from pipeline.quality.reconciled import FLOOR, PREVIOUS, RUN, checks
from pipeline.rows import put, rows
from pipeline.schema import EXTRACTS, QUALITY_RESULTS, Dataset, Row
from pipeline.settings import Settings
from pipeline.swap import make_new

EXPORTED = "night.duckdb"
SAMPLE_ROWS = 10
CLOCKS = timedelta(minutes=15)
"""How far the clocks of AWS and of this machine may be apart."""
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
    accepted_by: str | None = None
    """The entry of the register that accepts the failure."""

    @property
    def key(self) -> tuple[str, str]:
        return self.dataset, self.check_name

    @property
    def is_blocking(self) -> bool:
        """Whether it prevents the night from being published."""
        return not (self.passed or self.severity != "blocking" or self.is_by_account or self.accepted_by)

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
    entries = accepted.entries(night, chosen)
    results = [
        replace(result, accepted_by=entries[result.key])
        if result.is_blocking and result.unexpected_count is not None and result.key in entries
        else result
        for result in results
    ]
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
    every = [*kept, *(result.row() for result in by_key.values())]
    landing.write(night, QUALITY_RESULTS, sorted(every, key=lambda row: (row["dataset"], row["check_name"])))
    return list(by_key.values())


def laid_before(result: QualityResult, before: Row | None) -> QualityResult:
    """The earlier result of a check that passes only because contradictory rows were removed."""
    if not result.passed or result.key == FLOOR or not before or before["passed"] or before["severity"] != "blocking":
        return result
    fields = {name: before.get(name) for name in (column.name for column in QUALITY_RESULTS.columns)}
    return QualityResult(**fields | {"sample": tuple(json.loads(before["sample"]))}, is_by_account=True)


def export(settings: Settings, night: Night, folder: Path) -> int:
    """Write the checks as a project of Great Expectations over views of a night's landing; how many there are.

    Raises `Refused` for a night without a landing, and for a folder with something in it.
    """
    landing.check_landed(night)
    make_new(folder)
    datasets = collectors.datasets()
    chosen = checks(datasets.values())
    with opened(settings, night, datasets, folder / EXPORTED):
        pass
    checkpoint.export(folder, folder / EXPORTED, chosen)
    return len(chosen)


@contextmanager
def opened(
    settings: Settings, night: Night, datasets: dict[str, Dataset], database: Path | str = ":memory:"
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the night's raw tables, the previous night's extracts and the settings."""
    con = duckdb.connect(database)
    try:
        raw.attach(con, night, datasets.values())
        put(con, f"create table {PREVIOUS} as from batch", extracts_before(night))
        prepare(con, settings, night)
        put(con, f"create table {plausible.FILLED} as from batch", filled_before(night, datasets.values()))
        yield con
    finally:
        con.close()


def prepare(con: duckdb.DuckDBPyConnection, settings: Settings, night: Night) -> None:
    """The settings as a table for the checks."""
    con.execute(
        f"create table {RUN} as select ?::date as as_of, ?::double as min_coverage_to_publish, "
        "?::double as report_max_age_hours, ?::timestamp as begins, ?::timestamp as ends",
        [night.as_of, settings.min_coverage_to_publish, settings.report_max_age_hours, *limits(settings, night)],
    )


def limits(settings: Settings, night: Night) -> tuple[datetime, datetime]:
    """The first and last moments (UTC) at which a night of this date can be read; it may begin a day late."""
    midnight = datetime.combine(night.as_of, time.min, ZoneInfo(settings.schedule_timezone)).astimezone(UTC)
    begins = midnight.replace(tzinfo=None)
    return begins - CLOCKS, begins + timedelta(days=2, hours=settings.night_timeout_hours)


def filled_before(night: Night, datasets: Iterable[Dataset]) -> pa.Table:
    """The number of values of every optional column on the night before. What was found empty then, and so not landed,
    is not among them: a column that stays empty is taken for that on the second night.
    """
    before = max((other for other in landing.nights(night.home) if other < night), default=None)
    counts = [
        {"dataset": dataset.name, "name": name, "filled": filled}
        for dataset in datasets
        for name, filled in (landing.filled(before, dataset) if before else {}).items()
    ]
    columns = {"dataset": pa.string(), "name": pa.string(), "filled": pa.int64()}
    return pa.Table.from_pylist(counts, schema=pa.schema(list(columns.items())))


def extracts_before(night: Night) -> pa.Table:
    """The extracts of the newest earlier night whose file can be read; no rows where there is none."""
    for earlier in sorted((other for other in landing.nights(night.home) if other < night), reverse=True):
        with suppress(Damaged):
            return landing.read(earlier, EXTRACTS)
    return EXTRACTS.table([])


def run(con: duckdb.DuckDBPyConnection, chosen: Sequence[Check], datasets: dict[str, Dataset]) -> list[QualityResult]:
    """Run these checks on the tables `raw_<dataset>` of a connection. Results are sorted by dataset and name."""
    ordered = sorted(chosen, key=lambda check: check.key)
    validations = checkpoint.run(con, ordered)
    return [_result(con, check, datasets[check.dataset], validations[check.key]) for check in ordered]


def _result(con: duckdb.DuckDBPyConnection, check: Check, dataset: Dataset, validation: Any) -> QualityResult:
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
    query = rows_that_break(check, dataset)
    count, sample = 1, []
    if query:
        count = con.execute(f"select count(*) from ({query})").fetchall()[0][0]
        first = rows(con, f"from ({query}) order by all limit {SAMPLE_ROWS}")
        sample = [{name: _plain(value) for name, value in row.items()} for row in first]
    message = f"{check.description}: not so in {count:,} {'row' if count == 1 else 'rows'}."
    if sample:
        message = f"{message[:-1]}, such as {json.dumps(sample[0], default=str, ensure_ascii=False)}."
    return replace(
        result, passed=False, unexpected_count=count, sample=tuple(sample), message=message[:LONGEST_MESSAGE]
    )


def _exception(validation: Any) -> str | None:
    """The message of a metric that raised an exception, which Great Expectations nests in two ways."""
    info = validation.exception_info or {}
    for entry in (info, *info.values()):
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return str(entry["exception_message"])
    return None


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, list)) or value is None else str(value)
