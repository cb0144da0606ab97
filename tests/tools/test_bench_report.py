"""The benchmark of the report, on a small published database and at sizes that take no time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import typer
from typer.testing import CliRunner

from pipeline.night import DATABASE
from pipeline.publish import folder
from pipeline.settings import Refused
from reports import site
from tests.reports import published
from tests.reports.conftest import Document
from tests.reports.test_site import test_links_resolve as links_resolve
from tools.bench_report import Measured, main, says
from tools.multiplied import multiply

KNOWN = len(published.ACCOUNTS)
AFTER = 100 * KNOWN - 1
LAST = max(account[0] for account in published.ACCOUNTS)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    return published.write(folder / DATABASE).parent


@pytest.fixture(scope="module")
def before(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home / DATABASE), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def after(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A hundred of each account, but for the last of the last."""
    target = tmp_path_factory.mktemp("multiplied") / DATABASE
    multiply(home / DATABASE, target, AFTER)
    with duckdb.connect(str(target), read_only=True) as con:
        yield con


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


def test_accounts_are_as_many_as_asked_for_and_all_distinct(after: duckdb.DuckDBPyConnection) -> None:
    sql = "select count(*), count(distinct account_id), count(distinct name), min(len(account_id)) from accounts"
    assert rows(after, sql) == [(AFTER, AFTER, AFTER, 12)]
    assert rows(after, "select count(*) from accounts where is_management") == [(1,)]
    known = [account[0] for account in published.ACCOUNTS]
    assert rows(after, f"select count(*) from accounts where account_id in {tuple(known)}") == [(KNOWN,)]


def test_every_account_has_its_rows(before: duckdb.DuckDBPyConnection, after: duckdb.DuckDBPyConnection) -> None:
    tables = [table for table, columns in published.TABLES.items() if "account_id " in columns]
    assert "findings" in tables
    for table in tables:
        sql = f"""select count(*) filter (account_id is not null), count(*) filter (account_id = '{LAST}'),
            count(*) filter (account_id is null) from {table}"""
        [(own, last, of_none)] = rows(before, sql)
        expected = own if table == "policy_proposals" else 100 * own - last + of_none
        assert rows(after, f"select count(*) from {table}") == [(expected,)], table


def test_nothing_is_twice_in_the_night(after: duckdb.DuckDBPyConnection) -> None:
    for table, key in (
        ("findings", "control_id, account_id, region, resource"),
        ("scores_by_account", "account_id"),
        ("organizational_units", "ou_id"),
        ("organizational_units", "ou_path"),
        ("scores_by_ou_and_practice", "ou_id, practice"),
        ("trend", "as_of, scope, key"),
        ("resolution_times", "scope, key"),
        ("principals", "arn"),
        ("least_privilege", "place, arn"),
    ):
        assert rows(after, f"select {key} from {table} group by all having count(*) > 1") == [], table


def test_ids_in_texts_are_the_new_ones(after: duckdb.DuckDBPyConnection) -> None:
    assert rows(after, "from principals where not contains(arn, account_id)") == []
    of_iam = "from findings where starts_with(resource, 'arn:aws:iam:')"
    assert rows(after, f"{of_iam} and not contains(resource, account_id)") == []


def test_a_table_in_the_order_of_accounts_stays_in_it(home: Path, tmp_path: Path) -> None:
    """In one order throughout, and in one that starts anew for every practice."""
    with duckdb.connect(str(tmp_path / "base.duckdb")) as con:
        con.execute(f"attach '{home / DATABASE}' as home (read_only)")
        for (table,) in rows(con, "select table_name from duckdb_tables() where database_name = 'home'"):
            con.execute(f"create table {table} as from home.{table}")
        con.execute("create table throughout as select account_id, practice from findings order by all")
        con.execute("create table anew as select practice, account_id from findings order by all")
    multiply(tmp_path / "base.duckdb", tmp_path / DATABASE, 3 * KNOWN)
    with duckdb.connect(str(tmp_path / DATABASE), read_only=True) as con:
        for table in ("throughout", "anew"):
            found = rows(con, f"from {table} order by rowid")
            assert found == sorted(found)
            assert len({account_id for account_id, *_ in found}) > 1


def test_ous_and_owners_grow_and_fit(after: duckdb.DuckDBPyConnection) -> None:
    below = len(published.OUS) - 1
    sets = AFTER // 50 // below
    assert sets > 1
    assert rows(after, "select count(*) from organizational_units") == [(1 + sets * below,)]
    orphans = "from organizational_units where parent_id not in (select ou_id from organizational_units)"
    assert rows(after, orphans) == []
    assert rows(after, "from accounts anti join organizational_units using (ou_id, ou_path)") == []
    owners = len({account[4] for account in published.ACCOUNTS} - {None})
    assert rows(after, "select count(distinct owner) from accounts") == [(owners * (AFTER // 20 // owners),)]
    keys = "from (select key as owner from resolution_times where scope = 'owner' and key <> '')"
    assert rows(after, f"{keys} anti join accounts using (owner)") == []


def test_links_of_the_site_resolve(home: Path, tmp_path: Path) -> None:
    multiply(home / DATABASE, tmp_path / DATABASE, 3 * KNOWN)
    built = site.build(tmp_path / DATABASE, tmp_path / "site")
    assert len(built.kinds["account"]) == 3 * KNOWN
    folder.list_nights(tmp_path)
    links_resolve([Document(built.folder / page) for page in built.pages])


def run(*options: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, list(options))
    return result.exit_code, result.output


def test_every_size_is_measured_and_the_ratios_come_last(home: Path) -> None:
    code, output = run("--home", str(home), "--accounts", f"{KNOWN},{2 * KNOWN}")
    assert code == 0
    *lines, last = output.strip().splitlines()
    table = [[float(number.replace(",", "")) for number in line.split()] for line in lines if line[:1].isdigit()]
    assert [row[0] for row in table] == [KNOWN, 2 * KNOWN]
    for accounts, pages, seconds, processor, speed, peak, _, _, largest, overview in table:
        assert pages > accounts
        assert min(seconds, processor, speed, largest, overview) > 0
        assert peak > 50
    assert last.startswith("With twice the accounts")
    assert list(home.iterdir()) == [home / DATABASE]


@pytest.mark.parametrize("sizes", ["many", "", "0,7"])
def test_what_is_no_size_is_refused(home: Path, sizes: str) -> None:
    code, output = run("--home", str(home), "--accounts", sizes)
    assert code == 2
    assert "whole numbers" in output


def test_fewer_accounts_than_there_are_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=f"has {KNOWN} already"):
        multiply(home / DATABASE, tmp_path / DATABASE, KNOWN - 1)


def test_a_home_without_a_night_is_refused(tmp_path: Path) -> None:
    code, output = run("--home", str(tmp_path))
    assert code == 2
    assert "nothing is published" in output


def test_ratios_are_per_doubling() -> None:
    def size(accounts: int, processor: float, peak: int) -> Measured:
        return Measured(accounts, accounts, processor, processor, peak, 1, 1, 1)

    level = says([size(100, 1.0, 100), size(400, 4.0, 225)])
    assert "1.00 times as many and memory 1.50 times" in level
    assert "stay level; memory grows linearly or less" in level
    worse = says([size(100, 1.0, 100), size(200, 4.0, 250)])
    assert "fall, at worst to 50%" in worse
    assert "faster than the accounts, at worst 2.50 times" in worse
