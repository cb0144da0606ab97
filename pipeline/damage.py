"""Parquet files that are cut or garbled: which errors say so, and a sentence that names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.settings import Refused
from pipeline.text import on_one_line

RESTORE = "restore it, or delete it"


class Damaged(Refused):
    """A file cannot be read. `problem` is the sentence without what helps."""

    def __init__(self, problem: str, helps: str) -> None:
        super().__init__(f"{problem}; {helps}")
        self.problem = problem


@contextmanager
def named(file: Path, helps: str = RESTORE) -> Iterator[None]:
    """Raise `Damaged`, with the file and what helps, for an error on reading it."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise Damaged(f"{file}: it is damaged ({on_one_line(error, 200)})", helps) from error


def columns(file: Path, helps: str = RESTORE) -> frozenset[str]:
    """The columns of a file, read once as long as it is unchanged. Raises `Damaged`."""
    with named(file, helps):
        status = file.stat()
        return _columns(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8192)
def _columns(file: Path, *_: int) -> frozenset[str]:
    return frozenset(pq.read_schema(file).names)


def problem(file: Path) -> str:
    """What is wrong with a file; empty if it can be read."""
    try:
        columns(file)
    except Damaged as damaged:
        return damaged.problem
    return ""
