"""How the report grows with the accounts: pages per second and peak memory, side by side.

`python -m tools.bench_report` multiplies a published night of the synthetic organization in SQL, to databases of
1,250 accounts and more, and renders each in a process of its own.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import log2
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from pipeline.night import DATABASE
from pipeline.publish.database import STORAGE_VERSION
from pipeline.rows import quoted
from pipeline.settings import Refused
from reports import site

SIZES = "1250,2500,5000,10000"
NIGHTS = 2
"""A trend and changes need a night before the last."""
ACCOUNTS_PER_OU, ACCOUNTS_PER_OWNER = 50, 20
LEVEL = 0.9
MIB = 2**20
MAXRSS = 1 if sys.platform == "darwin" else 1024
"""Bytes in a unit of `ru_maxrss`."""

ONE_FOR_ALL = {"policy_proposals"}
"""Tables with accounts whose length is a setting, however many the accounts are."""
NAMED = {"accounts", "organizational_units"}
"""Tables whose `name` is that of what the row stands for, beside those keyed by scope."""
CHANGED = {
    "ou_id": "ou(ou_id, _copy % {ous})",
    "parent_id": "ou(parent_id, _copy % {ous})",
    "ou_path": "numbered(ou_path, _copy % {ous})",
    "owner": "numbered(owner, _copy % {owners})",
    "account_name": "numbered(account_name, _copy)",
    "is_management": "is_management and _copy = 0",
    "place": "place + _copy * max(place) over ()",
    "has_proposal": "has_proposal and _copy = 0",
}
"""What a column is in a copy, where it is not what it was with the account's new id in its text."""

# Copy 0 is the organization as it is. Names of AWS accounts are free, so that every part of a path is numbered.
COPIES = """
create macro ou(id, copy) as if(copy = 0 or not starts_with(id, 'ou-'), id, id || copy);
create macro numbered(text, copy) as
    if(copy = 0, text, regexp_replace(text, '[^/]+', '\\0 ' || (copy + 1)::varchar, 'g'));
create temp table copies as
with
known as (select account_id, row_number() over (order by account_id) - 1 as n from base.accounts),
ids as (
    select id, row_number() over (order by id) - 1 as n
    from (select (100000000000 + n * {step})::varchar as id from range({accounts} + {known}) as numbers(n))
    where id not in (select account_id from known)
)
select 'account' as scope, account_id as key, ids.n // {known} as copy, if(copy = 0, account_id, id) as new
from ids inner join known on ids.n % {known} = known.n where ids.n < {accounts}
union all
select 'ou', ou_id, copy, ou(ou_id, copy) from base.organizational_units, range({ous}) as copies(copy)
where starts_with(ou_id, 'ou-')
union all
select 'owner', owner, copy, numbered(owner, copy) from (select distinct owner from base.accounts where owner <> ''),
    range({owners}) as copies(copy);
"""
# The keys ascend within a run: by runs and new keys, a table is in the order that it had.
TABLE = """
create table {table} as
with
placed as (
    select *, {scope} as _scope, {key} as _key, rowid as _row,
        coalesce((_scope, _key) < lag((_scope, _key)) over (order by rowid), false)::int as _is_run
    from base.{table}
),
runs as (select *, sum(_is_run) over (order by _row) as _run from placed),
copied as (
    select runs.*, coalesce(copies.copy, 0) as _copy, coalesce(copies.new, _key) as _new
    from runs left join copies on _scope = copies.scope and _key = copies.key
)
select {columns} from copied order by _run, _scope, _new, _row
"""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Measured:
    """The building of one site: wall and processor time in seconds, everything else in bytes."""

    accounts: int
    pages: int
    seconds: float
    processor: float
    peak: int
    page_bytes: int
    largest_account: int
    overview: int

    @property
    def speed(self) -> float:
        """Pages per second of processor time, of which others on the machine take none."""
        return self.pages / self.processor


def multiply(base: Path, target: Path, accounts: int) -> None:
    """Write a published database of so many accounts, made of copies of those in `base`, into the new file `target`.

    Accounts are copied with all their rows; OUs and owners in a fixed proportion to them; what counts the whole
    organization stays as it is. Raises `Refused` where `base` has more accounts.
    """
    with duckdb.connect() as con:
        con.execute(f"attach {quoted(str(base))} as base (read_only)")
        con.execute(f"attach {quoted(str(target))} as target (storage_version {quoted(STORAGE_VERSION)})")
        con.execute(f"set temp_directory = {quoted(str(target.with_suffix('.tmp')))}; set enable_progress_bar = false")
        con.execute("use target")
        known, ous, owners = _counts(con)
        if accounts < known:
            raise Refused(f"--accounts {accounts}: {base} has {known} already; ask for as many or more")
        copies = -(-accounts // known)
        sizes = {
            "accounts": accounts,
            "known": known,
            "step": 899_999_999_999 // (accounts + known),
            "ous": min(copies, max(1, accounts // ACCOUNTS_PER_OU // max(1, ous))),
            "owners": min(copies, max(1, accounts // ACCOUNTS_PER_OWNER // max(1, owners))),
        }
        for statement in COPIES.split(";\n"):
            con.execute(statement.format(**sizes))
        for table, types in _tables(con):
            con.execute(_copied(con, table, types, sizes))


def _counts(con: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Accounts, OUs below the root, and owners."""
    found = con.execute(
        """select (select count(*) from base.accounts), (select count(*) from base.organizational_units) - 1,
            (select count(distinct owner) from base.accounts)"""
    ).fetchone()
    assert found
    return found


def _tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, dict[str, str]]]:
    """The published tables with their columns and types."""
    rows = con.execute(
        """select table_name, list((column_name, data_type) order by ordinal_position)
        from information_schema.columns where table_catalog = 'base' and table_schema = 'main'
        group by table_name order by table_name"""
    ).fetchall()
    return [(table, dict(columns)) for table, columns in rows]


def _copied(con: duckdb.DuckDBPyConnection, table: str, types: dict[str, str], sizes: dict[str, int]) -> str:
    """The statement that makes a table: its rows repeated by account, OU, owner, or what `scope` and `key` say."""
    if table in ONE_FOR_ALL or not (by := _scope(types)):
        return f"create table {table} as from base.{table}"
    scope, key = by
    changed = {name: of.format(**sizes) for name, of in CHANGED.items()}
    if table in NAMED or key == "key":
        changed["name"] = "numbered(name, _copy)"
    changed = _with_new_id(con, table, types) | changed | {key: "_new"}
    columns = ", ".join(f'{changed[name]} as "{name}"' if name in changed else f'"{name}"' for name in types)
    return TABLE.format(table=table, scope=scope, key=key, columns=columns)


def _scope(types: dict[str, str]) -> tuple[str, str] | None:
    """What the rows of a table are counted by: the expressions of scope and key."""
    if "account_id" in types:
        return "'account'", "account_id"
    if "ou_id" in types:
        return "'ou'", "ou_id"
    if {"scope", "key"} <= types.keys():
        return "scope", "key"
    return ("'owner'", "owner") if "owner" in types else None


def _with_new_id(con: duckdb.DuckDBPyConnection, table: str, types: dict[str, str]) -> dict[str, str]:
    """The columns in whose text a row's own account id stands, with the new id in its place."""
    texts = [name for name, type in types.items() if type in ("VARCHAR", "VARCHAR[]", "JSON") and name != "account_id"]
    if "account_id" not in types or not texts:
        return {}
    holds = ", ".join(f"""coalesce(bool_or(contains("{name}"::varchar, account_id)), false)""" for name in texts)
    found = con.execute(f"select {holds} from base.{table}").fetchone() or ()
    within = [name for name, held in zip(texts, found, strict=True) if held]
    return {name: f"""replace("{name}"::varchar, account_id, _new)::{types[name]}""" for name in within}


def measure(database: Path, folder: Path, accounts: int) -> Measured:
    """Build the site of a database; what is measured of memory is the most that this process ever had."""
    started, before = time.perf_counter(), time.process_time()
    built = site.build(database, folder)
    seconds, processor = time.perf_counter() - started, time.process_time() - before
    return Measured(
        accounts=accounts,
        pages=len(built.pages),
        seconds=seconds,
        processor=processor,
        peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS,
        page_bytes=built.page_bytes,
        largest_account=max((folder / page).stat().st_size for page in built.pages if page.startswith("accounts/")),
        overview=(folder / "index.html").stat().st_size,
    )


def alone(work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Do it in a process of its own. This one stays small: what it had counts in the peak of those it starts."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args, **options).result()


def run_nights(home: Path) -> None:
    """Run the first nights of the synthetic organization."""
    from assets.cli.demonstration import environment, served
    from assets.cli.runner import run_night
    from pipeline.night import Night
    from tools.bench import Stopwatch

    with served() as organization, environment(organization.environment):
        for as_of in organization.nights[:NIGHTS]:
            organization.turn_to(as_of)
            run_night(organization.settings(home, as_of), Night(home, as_of), Stopwatch())


@contextmanager
def published(home: Path | None) -> Iterator[Path]:
    """The published database of a home, or of one made for the length of a block."""
    with tempfile.TemporaryDirectory() as folder:
        if home is None:
            alone(run_nights, Path(folder))
        database = (home or Path(folder)) / DATABASE
        if not database.is_file():
            raise Refused(f"--home {home}: nothing is published there; run a night of it first")
        yield database


def grown(base: Path, accounts: int) -> Measured:
    """One size, from its database to its site; both are removed again."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / DATABASE
        alone(multiply, base, database, accounts)
        return alone(measure, database, Path(folder) / "site", accounts)


def shown(measured: list[Measured]) -> Table:
    """More: peak memory above that of the smallest. Account: the largest page of one. Index: the overview."""
    heads = ("Accounts", "Pages", "Seconds", "of CPU", "Pages/s", "Peak\nMiB", "More\nMiB", "Pages\nMiB")
    table = Table(*heads, "Account\nKiB", "Index\nKiB", box=None, pad_edge=False)
    least = min(one.peak for one in measured)
    for one in measured:
        table.add_row(
            f"{one.accounts:,}",
            f"{one.pages:,}",
            f"{one.seconds:.1f}",
            f"{one.processor:.1f}",
            f"{one.speed:.0f}",
            f"{one.peak / MIB:,.0f}",
            f"{(one.peak - least) / MIB:,.0f}",
            f"{one.page_bytes / MIB:,.0f}",
            f"{one.largest_account / 1024:,.0f}",
            f"{one.overview / 1024:,.0f}",
        )
    return table


def says(measured: list[Measured]) -> str:
    """How speed and memory change whenever the accounts double, in a sentence."""
    steps = [(less, more, 1 / log2(more.accounts / less.accounts)) for less, more in pairwise(measured)]
    speeds = [(more.speed / less.speed) ** power for less, more, power in steps]
    peaks = [(more.peak / less.peak) ** power for less, more, power in steps]
    level = "stay level" if min(speeds) >= LEVEL else f"fall, at worst to {min(speeds):.0%}"
    linear = "linearly or less" if max(peaks) <= 2 else f"faster than the accounts, at worst {max(peaks):.2f} times"
    return (
        f"With twice the accounts, pages/s are {_times(speeds)} times as many and memory {_times(peaks)} times as "
        f"much: pages/s {level}; memory grows {linear}."
    )


def _times(ratios: list[float]) -> str:
    return ", ".join(f"{ratio:.2f}" for ratio in ratios)


def _sizes(text: str) -> list[int]:
    try:
        sizes = sorted({int(size) for size in text.split(",")})
    except ValueError:
        sizes = [0]
    if sizes[0] < 1:
        raise Refused(f"--accounts {text}: give whole numbers above zero with commas between them, such as {SIZES}")
    return sizes


def main(
    accounts: Annotated[str, typer.Option(help="How many accounts: sizes, with commas between.")] = SIZES,
    home: Annotated[Path | None, typer.Option(help="Home of a published night, in place of a new one.")] = None,
) -> None:
    """Pages per second and peak memory of the report as the accounts grow."""
    from assets.cli.main import complain

    console = Console()
    try:
        sizes = _sizes(accounts)
        with published(home) as base:
            measured = [grown(base, size) for size in sizes]
    except Refused as refused:
        raise typer.Exit(complain(str(refused))) from None
    console.print(
        "Pages per second of processor time, peak memory and how much more than the least, bytes of all pages,"
    )
    console.print("of the largest account page and of the overview:")
    console.print(shown(measured))
    if len(measured) > 1:
        console.print(says(measured), soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
