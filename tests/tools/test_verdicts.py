"""The comparison of two warehouses, column by column."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipeline.night import WAREHOUSE
from tools.verdicts import differences, digests

FINDINGS = "create table findings as select * from (values ('a', 'pass'), ('b', 'fail')) as t (resource, verdict)"


def night(home: Path, *statements: str) -> Path:
    home.mkdir()
    with duckdb.connect(home / WAREHOUSE) as con:
        for statement in (FINDINGS, *statements):
            con.execute(statement)
    return home / WAREHOUSE


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ("create or replace table findings as from findings order by resource desc", []),
        ("update findings set verdict = 'unknown' where resource = 'b'", ["findings: whole, verdict (2 rows before"]),
        (
            "update findings set verdict = if(verdict = 'pass', 'fail', 'pass')",
            ["findings: whole (2 rows before, 2 after)"],
        ),
        ("delete from findings where resource = 'b'", ["findings: rows, whole, resource, verdict (2 rows before, 1"]),
        ("create table more as select 1 as one", ["more: only after"]),
        ("drop table findings", ["findings: only before"]),
    ],
)
def test_a_change_is_named(tmp_path: Path, change: str, lines: list[str]) -> None:
    before, after = digests(night(tmp_path / "a")), digests(night(tmp_path / "b", change))
    found = differences(before, after)
    assert len(found) == len(lines)
    assert all(one.startswith(line) for one, line in zip(found, lines, strict=True)), found
