"""The raw tables of a night: views over its files, and over those of earlier nights whose rows count tonight."""

from __future__ import annotations

import glob
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path

import duckdb

from pipeline import damage, landing
from pipeline.night import Night
from pipeline.rows import quoted
from pipeline.schema import EXTRACTS, Dataset

ALWAYS_READ = ("organization", "accounts")
OLDER_LANDING = "older_landing"
"""Error class of a dataset that an earlier version landed without a column of this one."""
DAMAGED_HISTORY = "damaged_history"
"""Error class of a dataset of which a file of an earlier night cannot be read."""


def attach(con: duckdb.DuckDBPyConnection, night: Night, datasets: Collection[Dataset]) -> None:
    """Create a view `raw_<dataset>` of every dataset over a night's files. Raises `Refused` for a night without any.

    A dataset that the night lacks becomes an empty view with the right columns. A dataset with `history_days` includes
    that many earlier days and has a last column `as_of`. A dataset that was landed without a current column, or of
    which a file of an earlier night is damaged, becomes a failed extract without rows: data that was never requested,
    or is lost, is unknown, not null.
    """
    landing.check_landed(night)
    unfit = {dataset: why for dataset in datasets if (why := _unfit(night, dataset))}
    for dataset in datasets:
        query = _empty(dataset) if dataset in unfit else _query(night, dataset)
        if dataset.name == EXTRACTS.name and unfit:
            query = f"select * replace ({_failed(unfit)}) from ({query})"
        con.execute(f"create or replace view raw_{dataset.name} as {query}")


def _unfit(night: Night, dataset: Dataset) -> tuple[str, str] | None:
    """Why a dataset's files cannot be used, as error class and message. Raises `Damaged` for one of the night itself.

    Datasets that all else depends on are read as they are.
    """
    helps = f"collect the night again, or take it out with `rolecall nights remove {night}`"
    names = [damage.columns(file, helps) for file in landing.files(night, dataset)]
    if not dataset.operations or dataset.name in ALWAYS_READ:
        return None
    if lacking := sorted({column.name for column in dataset.columns}.difference(*names)) if names else []:
        return OLDER_LANDING, f"landed without {', '.join(lacking)}: collect the night again"
    if problem := next(filter(None, map(damage.problem, _earlier_files(night, dataset))), ""):
        return DAMAGED_HISTORY, f"{problem}; {damage.RESTORE}"
    return None


def _failed(unfit: Mapping[Dataset, tuple[str, str]]) -> str:
    """The columns of `extracts`, with those of datasets that cannot be used marked as failed."""
    message = " ".join(f"when {quoted(dataset.name)} then {quoted(text)}" for dataset, (_, text) in unfit.items())
    error_class = " ".join(f"when {quoted(dataset.name)} then {quoted(kind)}" for dataset, (kind, _) in unfit.items())
    operation = " ".join(f"when {quoted(dataset.name)} then {quoted(dataset.operations[0])}" for dataset in unfit)
    is_unfit = f"status = 'ok' and dataset in ({', '.join(quoted(dataset.name) for dataset in unfit)})"
    values = {
        "operation": f"case dataset {operation} end",
        "error_class": f"case dataset {error_class} end",
        "message": f"case dataset {message} end",
        "rows": "0",
        "status": "'failed'",
    }
    return ", ".join(f"if({is_unfit}, {value}, {name}) as {name}" for name, value in values.items())


def _query(night: Night, dataset: Dataset) -> str:
    """A SELECT of a dataset's columns over its files, with nulls for columns that an older file does not have."""
    files = [*_earlier_files(night, dataset), *landing.files(night, dataset)]
    if not files:
        return _empty(dataset)
    options = "union_by_name = true, hive_partitioning = false"
    if dataset.history_days:
        options = "union_by_name = true, hive_partitioning = true, hive_types = {'as_of': date}"
    column_list = ", ".join(f'"{name}"' for name in _types(dataset))
    paths = ", ".join(quoted(glob.escape(str(file.resolve()))) for file in files)
    return f"select {column_list} from ({_empty(dataset)} union all by name from read_parquet([{paths}], {options}))"


def _earlier_files(night: Night, dataset: Dataset) -> list[Path]:
    """The files of the earlier nights whose rows count tonight."""
    first = night.on(night.as_of - timedelta(days=dataset.history_days))
    return [
        file for other in landing.nights(night.home) if first <= other < night for file in landing.files(other, dataset)
    ]


def _empty(dataset: Dataset) -> str:
    """A SELECT of a dataset's columns without rows."""
    nulls = ", ".join(f'null::{kind} as "{name}"' for name, kind in _types(dataset).items())
    return f"select {nulls} where false"


def _types(dataset: Dataset) -> dict[str, str]:
    """The SQL types of a dataset's columns in its view."""
    types = {column.name: _sql(column.type) for column in dataset.columns}
    return types | ({"as_of": "date"} if dataset.history_days else {})


def _sql(kind: str) -> str:
    """The SQL type of a column. JSON stays text: an unparsable document must not fail a query."""
    return "varchar" if kind == "json" else kind
