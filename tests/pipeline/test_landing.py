"""Nights as folders of Parquet: whole, replaced as a whole, mended after a kill, and read as views."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import collectors, landing, raw, swap
from pipeline.night import Night
from pipeline.quality import reconciled
from pipeline.schema import EXTRACTS, QUALITY_RESULTS, Row
from pipeline.settings import Refused

NIGHT, NEXT = date(2026, 11, 20), date(2026, 11, 21)
DAMAGED = "it is damaged"
ALIASES = collectors.datasets()["account_aliases"]
GENERATIONS = collectors.datasets()["policy_generations"]


def alias(account_id: str, name: str) -> Row:
    return {"account_id": account_id, "alias": name}


def job(name: str) -> Row:
    return {column.name: None for column in GENERATIONS.columns} | {
        "account_id": "111111111111",
        "job_id": name,
        "started_at": datetime(2026, 11, 1),
    }


def land(home: Path, as_of: date, run_id: str, aliases: list[Row], jobs: tuple[Row, ...] = ()) -> dict[str, int]:
    folder = landing.begin(Night(home, as_of), run_id)
    with landing.Part(folder, "shard-0000") as part:
        part.add("111111111111", {"account_aliases": ALIASES.table(aliases)})
        part.add("111111111111", {"policy_generations": GENERATIONS.table(jobs)})
    return landing.commit(Night(home, as_of), run_id)


def select(home: Path, as_of: date, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        raw.attach(con, Night(home, as_of), collectors.datasets().values())
        return con.execute(query).fetchall()


def test_a_night_is_read_as_views(tmp_path: Path) -> None:
    assert land(tmp_path, NIGHT, "a", [alias("1", "one")]) == {"account_aliases": 1, "policy_generations": 0}
    assert landing.nights(tmp_path) == [Night(tmp_path, NIGHT)]
    assert select(tmp_path, NIGHT, "from raw_account_aliases") == [("1", "one")]
    assert landing.read(Night(tmp_path, NIGHT), ALIASES).to_pylist() == [alias("1", "one")]


def test_every_dataset_has_a_view_with_its_columns_and_types(tmp_path: Path) -> None:
    land(tmp_path, NIGHT, "a", [])
    names = {"varchar": "VARCHAR", "json": "VARCHAR", "varchar[]": "VARCHAR[]"}
    with duckdb.connect() as con:
        raw.attach(con, Night(tmp_path, NIGHT), collectors.datasets().values())
        for dataset in collectors.datasets().values():
            found = {row[0]: row[1] for row in con.execute(f"describe raw_{dataset.name}").fetchall()}
            expected = {c.name: names.get(c.type, c.type.upper()) for c in dataset.columns}
            assert found == expected | ({"as_of": "DATE"} if dataset.history_days else {}), dataset.name


def test_a_night_that_has_not_landed_is_refused(tmp_path: Path) -> None:
    land(tmp_path, NIGHT, "a", [])
    with duckdb.connect() as con, pytest.raises(Refused, match="nothing has landed for 2026-11-21"):
        raw.attach(con, Night(tmp_path, NEXT), [ALIASES])
    with pytest.raises(Refused, match="nothing has landed"):
        landing.write(Night(tmp_path, NEXT), QUALITY_RESULTS, [])


def test_a_night_is_replaced_as_a_whole(tmp_path: Path) -> None:
    land(tmp_path, NIGHT, "a", [alias("1", "one")], (job("x"),))
    folder = landing.begin(Night(tmp_path, NIGHT), "b")
    with landing.Part(folder, "shard-0000") as part:
        part.add("1", {"account_aliases": ALIASES.table([alias("1", "two")])})
    assert select(tmp_path, NIGHT, "select alias from raw_account_aliases") == [("one",)]
    landing.commit(Night(tmp_path, NIGHT), "b")
    assert select(tmp_path, NIGHT, "select alias from raw_account_aliases") == [("two",)]
    assert select(tmp_path, NIGHT, "select count(*) from raw_policy_generations") == [(0,)]
    assert landing.nights(tmp_path) == [Night(tmp_path, NIGHT)]
    assert not (tmp_path / "landing/.old").exists()


def test_a_swap_that_was_cut_off_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(tmp_path, NIGHT, "a", [alias("1", "one")])
    folder = landing.begin(Night(tmp_path, NIGHT), "b")
    with landing.Part(folder, "shard-0000") as part:
        part.add("1", {"account_aliases": ALIASES.table([alias("1", "two")])})
    rename = os.rename

    def rename_until_killed(source: Path, target: Path) -> None:
        if source == folder:
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(swap, "_exchange", lambda one, other: False)
    monkeypatch.setattr(swap.os, "rename", rename_until_killed)
    with pytest.raises(KeyboardInterrupt):
        landing.commit(Night(tmp_path, NIGHT), "b")
    monkeypatch.undo()
    assert landing.nights(tmp_path) == []
    landing.begin(Night(tmp_path, NEXT), "c")
    assert select(tmp_path, NIGHT, "select alias from raw_account_aliases") == [("two",)]
    assert not (tmp_path / "landing/.old").exists()


def test_an_old_night_comes_back_where_its_successor_is_gone(tmp_path: Path) -> None:
    land(tmp_path, NIGHT, "a", [alias("1", "one")])
    old = tmp_path / f"landing/.old/as_of={NIGHT}"
    old.mkdir(parents=True)
    os.rename(Night(tmp_path, NIGHT).landing_folder, old / "b")
    landing.begin(Night(tmp_path, NEXT), "c")
    assert select(tmp_path, NIGHT, "select alias from raw_account_aliases") == [("one",)]


def test_what_killed_runs_left_is_cleared(tmp_path: Path) -> None:
    for as_of, run_id in ((NIGHT, "a"), (NEXT, "b"), (date(2026, 11, 22), "c")):
        Night(tmp_path, as_of).run_folder(run_id).mkdir(parents=True)
    landing.begin(Night(tmp_path, NEXT), "d")
    left = sorted(str(p.relative_to(tmp_path / "landing/.run")) for p in (tmp_path / "landing/.run").glob("*/*"))
    assert left == ["as_of=2026-11-21/d", "as_of=2026-11-22/c"]


def test_a_part_that_breaks_leaves_nothing_to_read(tmp_path: Path) -> None:
    folder = landing.begin(Night(tmp_path, NIGHT), "a")
    rows = {"account_aliases": ALIASES.table([alias("1", "x")] * landing.ROW_GROUP)}
    with pytest.raises(AttributeError), landing.Part(folder, "shard-0000") as part:
        part.add("1", rows | {"account_summary": None})
    assert list(folder.rglob("*.parquet")) == []


def test_a_part_tried_again_takes_the_place_of_the_first_try(tmp_path: Path) -> None:
    folder = landing.begin(Night(tmp_path, NIGHT), "a")
    with landing.Part(folder, "shard-0000") as part:
        part.add("1", {"account_aliases": ALIASES.table([alias("1", "one")])})
    with landing.Part(folder, "shard-0000") as part:
        part.add("1", {"policy_generations": GENERATIONS.table([])})
    assert [p.parent.name for p in folder.rglob("*.parquet")] == ["policy_generations"]


def test_a_part_is_one_file_a_dataset_in_order_of_account(tmp_path: Path) -> None:
    folder = landing.begin(Night(tmp_path, NIGHT), "a")
    with landing.Part(folder, "shard-0000") as part:
        for account_id in ("3", "1", "2"):
            part.add(account_id, {"account_aliases": ALIASES.table([alias(account_id, "x")])})
        for _ in range(3):
            part.add("4", {"account_aliases": ALIASES.table([alias("4", "x")] * (landing.ROW_GROUP - 1))})
    (file,) = folder.rglob("*.parquet")
    table = pq.read_table(file)
    assert table["account_id"].to_pylist()[:4] == ["1", "2", "3", "4"]
    assert part.rows == {"account_aliases": table.num_rows} == {"account_aliases": 3 * landing.ROW_GROUP}
    assert pq.read_metadata(file).num_row_groups <= 4
    assert pq.read_metadata(file).row_group(0).column(0).compression == "ZSTD"


def test_history_shows_earlier_nights_and_their_dates(tmp_path: Path) -> None:
    long_ago = date(2026, 5, 1)
    for as_of, name in ((long_ago, "old"), (NIGHT, "a"), (NEXT, "b")):
        land(tmp_path, as_of, "r", [], (job(name),))
    query = "select job_id, as_of from raw_policy_generations order by all"
    assert select(tmp_path, NEXT, query) == [("a", NIGHT), ("b", NEXT)]
    assert select(tmp_path, NIGHT, query) == [("a", NIGHT)]


def test_writing_into_a_night_replaces_the_dataset(tmp_path: Path) -> None:
    land(tmp_path, NIGHT, "a", [alias("1", "one"), alias("2", "two")])
    for name in ("three", "four"):
        landing.write(Night(tmp_path, NIGHT), ALIASES, [alias("1", name)])
        assert select(tmp_path, NIGHT, "select alias from raw_account_aliases") == [(name,)]
    assert [p.name for p in (Night(tmp_path, NIGHT).landing_folder / "account_aliases").iterdir()] == ["rows.parquet"]


def test_a_home_with_a_quote_in_its_name(tmp_path: Path) -> None:
    home = tmp_path / "it's"
    land(home, NIGHT, "a", [alias("1", "one")])
    assert select(home, NIGHT, "select alias from raw_account_aliases") == [("one",)]


def test_a_dataset_that_landed_without_a_column_of_today_is_a_failed_extract_without_rows(tmp_path: Path) -> None:
    roles, extracts = collectors.datasets()["roles"], EXTRACTS
    row = {column.name: None for column in EXTRACTS.columns} | {
        "account_id": "111111111111",
        "region": "global",
        "status": "ok",
        "rows": 1,
    }
    folder = landing.begin(Night(tmp_path, NIGHT), "a")
    with landing.Part(folder, "shard-0000") as part:
        role = {column.name: None for column in roles.columns} | {"account_id": "111111111111"}
        part.add("111111111111", {"roles": roles.table([role]).drop_columns(["last_used_at"])})
        part.add("111111111111", {"account_aliases": ALIASES.table([alias("111111111111", "one")])})
        both = [row | {"dataset": name} for name in ("account_aliases", "roles")]
        part.add("111111111111", {"extracts": extracts.table(both)})
    landing.commit(Night(tmp_path, NIGHT), "a")
    assert select(tmp_path, NIGHT, "from raw_roles") == []
    found = select(
        tmp_path, NIGHT, "select dataset, status, operation, error_class, message from raw_extracts order by 1"
    )
    assert found == [
        ("account_aliases", "ok", None, None, None),
        (
            "roles",
            "failed",
            roles.operations[0],
            "older_landing",
            "landed without last_used_at: collect the night again",
        ),
    ]


def test_a_night_that_a_killed_run_moved_away_comes_back(tmp_path: Path) -> None:
    night = Night(tmp_path, NIGHT)
    land(tmp_path, NIGHT, "a", [alias("1", "one")])
    night.old_folder("b").parent.mkdir(parents=True)
    os.rename(night.landing_folder, night.old_folder("b"))
    assert landing.nights(tmp_path) == []
    landing.recover(tmp_path)
    assert landing.nights(tmp_path) == [night]


def test_a_damaged_file_of_an_earlier_night_makes_what_rests_on_it_a_failed_extract(tmp_path: Path) -> None:
    for as_of, name in ((NIGHT, "a"), (NEXT, "b")):
        land(tmp_path, as_of, name, [], (job(name),))
    extract = dict.fromkeys(column.name for column in EXTRACTS.columns) | {"account_id": "1", "status": "ok", "rows": 1}
    night = Night(tmp_path, NEXT)
    rows = [extract | {"region": "global", "dataset": name} for name in ("account_aliases", "policy_generations")]
    landing.write(night, EXTRACTS, rows)
    jobs = "select job_id from raw_policy_generations order by all"
    assert select(tmp_path, NEXT, jobs) == [("a",), ("b",)]
    (file,) = (Night(tmp_path, NIGHT).landing_folder / "policy_generations").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    assert select(tmp_path, NEXT, jobs) == []
    kept, lost = select(tmp_path, NEXT, "select status, rows, error_class, message from raw_extracts order by dataset")
    assert kept == ("ok", 1, None, None)
    assert lost[:3] == ("failed", 0, raw.DAMAGED_HISTORY)
    assert f"{file}: it is damaged" in lost[3]
    with duckdb.connect() as con:
        raw.attach(con, night, collectors.datasets().values())
        (check,) = [c for c in reconciled.checks(collectors.datasets().values()) if c.name == "history_is_whole"]
        ((dataset, problem),) = con.execute(
            str(check.arguments["unexpected_rows_query"]).format(batch="raw_extracts")
        ).fetchall()
    assert (dataset, problem) == ("policy_generations", lost[3])
    with pytest.raises(Refused, match=r"it is damaged .+; collect the night again"):
        select(tmp_path, NIGHT, jobs)


def test_the_schema_of_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(tmp_path, NIGHT, "a", [alias("1", "one")])
    read: list[Path] = []
    schema = pq.read_schema
    monkeypatch.setattr("pyarrow.parquet.read_schema", lambda file: read.append(file) or schema(file))
    for _ in range(3):
        assert select(tmp_path, NIGHT, "select alias from raw_account_aliases") == [("one",)]
    assert len(read) == len(set(read)) > 0
    land(tmp_path, NIGHT, "b", [alias("1", "two")])
    assert select(tmp_path, NIGHT, "select alias from raw_account_aliases") == [("two",)]


@pytest.mark.parametrize("name", ["as_of=2026-13-99", "as_of=latest", "as_of=20261120"])
def test_a_folder_that_is_named_after_no_date_is_no_night(tmp_path: Path, name: str) -> None:
    (tmp_path / "landing" / name).mkdir(parents=True)
    land(tmp_path, NIGHT, "a", [])
    assert landing.nights(tmp_path) == [Night(tmp_path, NIGHT)]


def test_the_name_of_a_home_is_no_pattern(tmp_path: Path) -> None:
    for name, said in (("acme*", "mine"), ("acme-2", "theirs")):
        land(tmp_path / name, NIGHT, "a", [alias("1", said)])
    assert select(tmp_path / "acme*", NIGHT, "select alias from raw_account_aliases") == [("mine",)]


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda file: file.unlink(), "rows_as_extracted"),
        (lambda file: shutil.rmtree(file.parent), "rows_as_extracted"),
        (lambda file: file.write_bytes(file.read_bytes()[:100]), DAMAGED),
        (lambda file: retyped(file, "alias", pa.array([["one"]])), "columns_and_types"),
        (lambda file: pq.write_table(pq.read_table(file).drop_columns(["alias"]), file), "older_landing"),
        (lambda file: retyped(file, "account_id", pa.array(["222222222222"])), "rows_as_extracted"),
    ],
    ids=["file gone", "folder gone", "cut", "another type", "a column gone", "under another account"],
)
def test_a_file_of_the_night_that_is_not_as_it_landed_is_found(
    tmp_path: Path, damage: Callable[[Path], object], found: str
) -> None:
    """By a check, as damaged, or as a failed extract: never as an account without rows."""
    land(tmp_path, NIGHT, "a", [alias("111111111111", "one")])
    night = Night(tmp_path, NIGHT)
    extract = dict.fromkeys(column.name for column in EXTRACTS.columns) | {"status": "ok", "rows": 1}
    where = {"account_id": "111111111111", "region": "global", "dataset": "account_aliases"}
    landing.write(night, EXTRACTS, [extract | where])
    (file,) = (night.landing_folder / "account_aliases").glob("*.parquet")
    damage(file)
    broken = []
    with duckdb.connect() as con:
        if found == DAMAGED:
            with pytest.raises(Refused, match=DAMAGED):
                raw.attach(con, night, collectors.datasets().values())
            return
        raw.attach(con, night, collectors.datasets().values())
        con.execute(f"create table {reconciled.RUN} as select date '{NIGHT}' as as_of")
        for check in reconciled.checks(collectors.datasets().values()):
            if check.name in ("rows_as_extracted", "columns_and_types"):
                query = str(check.arguments["unexpected_rows_query"]).format(batch=f"raw_{check.dataset}")
                broken += [check.name] if con.execute(query).fetchall() else []
        broken += [row[0] for row in con.execute("select error_class from raw_extracts").fetchall() if row[0]]
    assert broken == [found]


def retyped(file: Path, column: str, values: pa.Array) -> None:
    """Write a file again with other values in a column."""
    table = pq.read_table(file)
    pq.write_table(table.set_column(table.schema.get_field_index(column), column, values), file)
