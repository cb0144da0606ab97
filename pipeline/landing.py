"""The landing: Parquet files, one folder per night, complete nights only.

A night appears, and is replaced, as a whole, by renaming its folder (`pipeline.night` has the folders). The caller
provides the datasets. Nothing here reads a clock.
"""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import damage, locks, swap
from pipeline.night import LANDING, Night
from pipeline.rows import quoted
from pipeline.schema import EXTRACTS, Dataset, Row
from pipeline.settings import Refused

ALWAYS_READ = ("organization", "accounts")
DAMAGED_HISTORY = "damaged_history"
"""Error class of a dataset of which a file of an earlier night cannot be read."""
# What a part holds in memory of a dataset before it writes a row group.
ROW_GROUP = 65_536
TABLES_HELD = 200
PARTIAL = ".partial"


def nights(home: Path) -> list[Night]:
    """The nights that have landed, oldest first."""
    return sorted(Night(home, as_of) for path in (home / LANDING).glob("as_of=*") if (as_of := _date(path)))


def check_landed(night: Night) -> None:
    """Raise `Refused` for a night without a landing."""
    if night not in nights(night.home):
        raise Refused(f"{night.home / LANDING}: nothing has landed for {night}; collect that night first")


def attach(con: duckdb.DuckDBPyConnection, night: Night, datasets: Collection[Dataset]) -> None:
    """Create a view `raw_<dataset>` of every dataset over a night's files. Raises `Refused` for a night without any.

    A dataset that the night lacks becomes an empty view with the right columns. A dataset with `history_days` includes
    that many earlier days and has a last column `as_of`. A dataset that was landed without a current column, or of
    which a file of an earlier night is damaged, becomes a failed extract without rows: data that was never requested,
    or is lost, is unknown, not null.
    """
    check_landed(night)
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
    names = [damage.columns(file, helps) for file in _files(night, dataset)]
    if not dataset.operations or dataset.name in ALWAYS_READ:
        return None
    if lacking := sorted({column.name for column in dataset.columns}.difference(*names)) if names else []:
        return "older_landing", f"landed without {', '.join(lacking)}: collect the night again"
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


def read(night: Night, dataset: Dataset) -> pa.Table:
    """One dataset of a night, without history; no rows if the night lacks it. Raises `Damaged`."""
    tables = [table(file) for file in _files(night, dataset)]
    return pa.concat_tables(tables) if tables else dataset.table([])


def table(file: Path, **options: Any) -> pa.Table:
    """The rows of one file. Raises `Damaged`."""
    with damage.named(file):
        return pq.read_table(file, **options)


def write(night: Night, dataset: Dataset, rows: Iterable[Row]) -> None:
    """Write a dataset into a landed night, replacing the existing one."""
    check_landed(night)
    folder = night.landing_folder / dataset.name
    folder.mkdir(exist_ok=True)
    before = set(folder.glob("*.parquet"))
    target = folder / "rows.parquet"
    pq.write_table(dataset.table(rows), target.with_suffix(PARTIAL), compression="zstd")
    os.replace(target.with_suffix(PARTIAL), target)
    for path in before - {target}:
        path.unlink()


def rewrite(folder: Path, dataset: Dataset, query: str) -> None:
    """Replace a dataset's files by the result of a query over its rows (table `rows`)."""
    files = sorted(folder.glob("*.parquet"))
    if not files:
        return
    with duckdb.connect() as con:
        con.register("rows", pa.concat_tables([pq.read_table(file) for file in files]))
        table = con.sql(query).to_arrow_table().cast(dataset.arrow())
    pq.write_table(table, folder / f"rows{PARTIAL}", compression="zstd")
    for file in files:
        file.unlink()
    os.replace(folder / f"rows{PARTIAL}", folder / "rows.parquet")


class Part:
    """One worker's share of a run: one file per dataset, in row groups, visible only when complete.

    Rows are sorted by account within a row group, so that the order in which accounts finish has no effect.
    Thread-safe.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.rows: dict[str, int] = {}
        self._folder, self._name = folder, name
        self._waiting: dict[str, list[tuple[str, pa.Table]]] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._lock = threading.Lock()
        for left in folder.glob(f"*/{name}.*"):  # of an earlier try at this part
            left.unlink()

    def add(self, account_id: str, tables: dict[str, pa.Table]) -> None:
        """Add an account's tables, by dataset name."""
        with self._lock:
            for name, table in tables.items():
                self.rows[name] = self.rows.get(name, 0) + table.num_rows
                waiting = self._waiting.setdefault(name, [])
                waiting.append((account_id, table))
                if len(waiting) >= TABLES_HELD or sum(table.num_rows for _, table in waiting) >= ROW_GROUP:
                    self._flush(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self._waiting):
            if kind is None:
                self._flush(name)
        for name, writer in self._writers.items():
            writer.close()
            if kind is None:
                os.replace(self._path(name, PARTIAL), self._path(name, ".parquet"))

    def _flush(self, name: str) -> None:
        waiting = self._waiting.pop(name)
        table = pa.concat_tables([table for _, table in sorted(waiting, key=lambda pair: pair[0])])
        if name not in self._writers:
            path = self._path(name, PARTIAL)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writers[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
        self._writers[name].write_table(table, row_group_size=ROW_GROUP)

    def _path(self, name: str, suffix: str) -> Path:
        return self._folder / name / f"{self._name}{suffix}"


def begin(night: Night, run_id: str) -> Path:
    """Create the empty folder of a new run. Repairs what a killed run left; deletes runs of this and earlier nights."""
    with _alone(night.home):
        _recover(night.home)
        for left in (night.home / LANDING / ".run").glob("as_of=*"):
            if (as_of := _date(left)) is None or as_of <= night.as_of:
                shutil.rmtree(left)
        folder = night.run_folder(run_id)
        folder.mkdir(parents=True)
    return folder


def commit(night: Night, run_id: str) -> dict[str, int]:
    """Make a run the night, replacing the existing one. Returns the number of rows of each dataset."""
    run, landed, old = night.run_folder(run_id), night.landing_folder, night.old_folder(run_id)
    with _alone(night.home):
        _recover(night.home)
        old.parent.mkdir(parents=True, exist_ok=True)
        swap.put_in_place(run, landed, old)
        _sweep(night.home)
    return counts(night)


def recover(home: Path) -> None:
    """Complete interrupted swaps of killed runs: afterwards every landed night exists again."""
    if (home / LANDING).is_dir():
        with _alone(home):
            _recover(home)


def remove(night: Night) -> None:
    """Delete a night."""
    with _alone(night.home):
        shutil.rmtree(night.landing_folder, ignore_errors=True)


def counts(night: Night) -> dict[str, int]:
    """The number of rows of each dataset of a night."""
    folders = sorted(path for path in night.landing_folder.iterdir() if path.is_dir())
    return {path.name: sum(pq.read_metadata(file).num_rows for file in path.glob("*.parquet")) for path in folders}


def _recover(home: Path) -> None:
    """Complete an interrupted swap: the night is missing, but its old and new folders exist."""
    for old in (home / LANDING / ".old").glob("as_of=*/*"):
        if as_of := _date(old.parent):
            night = Night(home, as_of)
            run = night.run_folder(old.name)
            if not night.landing_folder.exists():
                os.rename(run if run.exists() else old, night.landing_folder)
    _sweep(home)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Lock against other runs moving folders at the same time."""
    (home / LANDING).mkdir(parents=True, exist_ok=True)
    with locks.opened(home / LANDING / ".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def note(folder: Path, name: str, text: str) -> None:
    """Write a note next to the datasets of a run, atomically."""
    path = folder / f".{name}"
    path.with_suffix(PARTIAL).write_text(text, encoding="utf-8")
    os.replace(path.with_suffix(PARTIAL), path)


def noted(folder: Path, name: str) -> str | None:
    """The note of that name, or None."""
    path = folder / f".{name}"
    return path.read_text(encoding="utf-8") if path.exists() else None


def _sweep(home: Path) -> None:
    shutil.rmtree(home / LANDING / ".old", ignore_errors=True)


def _date(path: Path) -> date | None:
    """The date that a folder is named after: None for a name that is no date."""
    name = path.name.removeprefix("as_of=")
    try:
        as_of = date.fromisoformat(name)
    except ValueError:
        return None
    return as_of if as_of.isoformat() == name else None


def _files(night: Night, dataset: Dataset) -> list[Path]:
    return sorted((night.landing_folder / dataset.name).glob("*.parquet"))


def _query(night: Night, dataset: Dataset) -> str:
    """A SELECT of a dataset's columns over its files, with nulls for columns that an older file does not have."""
    files = [*_earlier_files(night, dataset), *_files(night, dataset)]
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
    return [file for other in nights(night.home) if first <= other < night for file in _files(other, dataset)]


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
