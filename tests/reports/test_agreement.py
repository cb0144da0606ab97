"""A site that loses a finding on the way from the database to a page or a file is not built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.warehouse.invariants import Broken
from reports import sheet, site


def copy(database: Path, tmp_path: Path, change: str) -> Path:
    """The database with a change."""
    path = tmp_path / "changed.duckdb"
    path.write_bytes(database.read_bytes())
    with duckdb.connect(path) as con:
        con.execute(change)
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "update scores_by_control set fail = fail + 1 where control_id = 'unused_roles'",
            "the page of unused_roles shows",
        ),
        (
            "update scores_by_account set pass = pass - 1 where account_id = '111111111111'",
            "the page of 111111111111 shows",
        ),
    ],
)
def test_pages_that_count_otherwise_are_not_built(database: Path, tmp_path: Path, change: str, said: str) -> None:
    with pytest.raises(Broken, match=said):
        site.build(copy(database, tmp_path, change), tmp_path / "site")


def test_a_file_that_lacks_a_line_is_noticed(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sheet.lines

    def without_the_last(found: Iterable[Any], *more: Any) -> Iterator[str]:
        return iter(list(whole(found, *more))[:-1])

    monkeypatch.setattr(sheet, "lines", without_the_last)
    with pytest.raises(Broken, match=r"the files of the owners have \d+ .* of .* in \d{12}, the findings \d+"):
        site.build(database, tmp_path / "site")
