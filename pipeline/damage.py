"""Parquet files that are cut or garbled: named, and as far as they can be spared left out."""

from __future__ import annotations

import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.settings import Refused


def columns(file: Path, helps: str) -> set[str]:
    """The columns of a file. Raises `Refused`, with what helps, where it cannot be read."""
    try:
        return set(pq.read_schema(file).names)
    except (pa.ArrowException, OSError) as error:
        raise Refused(f"{file}: it is damaged ({str(error).splitlines()[0]}); {helps}") from error


def is_whole(file: Path) -> bool:
    """Whether a file of an earlier night can be read; one that cannot costs what it holds, and is named."""
    try:
        pq.read_metadata(file)
    except (pa.ArrowException, OSError) as error:
        said = f"{file}: it is damaged and left out ({str(error).splitlines()[0]}); delete it, or restore it"
        warnings.warn(said, RuntimeWarning, stacklevel=2)
        return False
    return True
