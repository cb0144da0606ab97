"""The landing: Parquet files, one folder per night, complete nights only.

A night appears, and is replaced, as a whole, by renaming its folder (`pipeline.night` has the folders). The caller
provides the datasets. Nothing here reads a clock.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import damage, locks, swap
from pipeline.night import LANDING, Night
from pipeline.schema import Dataset, Row
from pipeline.settings import Refused

# What a part holds in memory of a dataset before it writes a row group.
ROW_GROUP = 65_536
TABLES_HELD = 200
PARTIAL = ".partial"
FORMAT: Mapping[str, Any] = {"compression": "zstd", "dictionary_pagesize_limit": 2**24}
"""How files are written: texts that repeat, such as AWS's policies in every account, are stored once in a row group,
and not only until they fill the default of 1 MiB.
"""


def nights(home: Path) -> list[Night]:
    """The nights that have landed, oldest first."""
    return sorted(Night(home, as_of) for path in (home / LANDING).glob("as_of=*") if (as_of := _date(path)))


def check_landed(night: Night) -> None:
    """Raise `Refused` for a night without a landing."""
    if night not in nights(night.home):
        raise Refused(f"{night.home / LANDING}: nothing has landed for {night}; collect that night first")


def read(night: Night, dataset: Dataset) -> pa.Table:
    """One dataset of a night, without history; no rows if the night lacks it, nulls where it lacks a column.

    Raises `Damaged`.
    """
    tables = [table(file) for file in files(night, dataset)]
    return pa.concat_tables([dataset.table([]), *tables], promote_options="default")


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
    pq.write_table(dataset.table(rows), target.with_suffix(PARTIAL), **FORMAT)
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
    pq.write_table(table, folder / f"rows{PARTIAL}", **FORMAT)
    for file in files:
        file.unlink()
    os.replace(folder / f"rows{PARTIAL}", folder / "rows.parquet")


def filled(night: Night, dataset: Dataset) -> dict[str, int]:
    """The number of values of each column that may be null, from the files' statistics; {} if there are no rows.

    Damaged files count as none.
    """
    counts: dict[str, int] = {}
    for file in files(night, dataset):
        with suppress(pa.ArrowInvalid, OSError):
            metadata = pq.read_metadata(file)
            for group in map(metadata.row_group, range(metadata.num_row_groups)):
                for column in map(group.column, range(group.num_columns if group.num_rows else 0)):
                    nulls = column.statistics.null_count if column.statistics else 0
                    name = column.path_in_schema
                    counts[name] = counts.get(name, 0) + column.num_values - nulls
    return counts


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
            self._writers[name] = pq.ParquetWriter(path, table.schema, **FORMAT)
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


def files(night: Night, dataset: Dataset) -> list[Path]:
    """The files of a dataset of a night."""
    return sorted((night.landing_folder / dataset.name).glob("*.parquet"))
