"""A larger published database, made by repeating the accounts of an existing one under new ids."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.publish.database import STORAGE_VERSION
from pipeline.rows import quoted
from pipeline.settings import Refused
from pipeline.warehouse.invariants import BY_VERDICT, VERDICTS

ACCOUNTS_PER_OU, ACCOUNTS_PER_OWNER = 50, 20
ONE_FOR_ALL = {"policy_proposals"}
"""Tables with accounts whose length does not depend on the number of accounts."""
NAMED = {"accounts", "organizational_units"}
"""Further tables, beside those keyed by scope, whose `name` is the name of the row's subject."""
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
"""Expressions for columns of a copy that need more than replacing the account id."""
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

# The pages of controls must show as many as there are now; what else counts the whole organization stays as it is.
RECOUNTED = f"""
update scores_by_control as scores set {", ".join(f"{verdict} = counted.{verdict}" for verdict in VERDICTS)}
from (select control_id, {BY_VERDICT} from findings group by control_id) as counted
where scores.control_id = counted.control_id
"""


def multiply(base: Path, target: Path, accounts: int) -> None:
    """Write a published database with this many accounts, copied from those in `base`, to the new file `target`.

    Accounts are copied with all their rows, and OUs and owners in a fixed proportion; rows about the whole
    organization are unchanged. Raises `Refused` if `base` has more accounts.
    """
    with duckdb.connect() as con:
        con.execute(f"attach {quoted(str(base))} as base (read_only)")
        con.execute(f"attach {quoted(str(target))} as target (storage_version {quoted(STORAGE_VERSION)})")
        con.execute(f"set temp_directory = {quoted(str(target.with_suffix('.tmp')))}; set enable_progress_bar = false")
        con.execute("use target")
        before, ous, owners = _counts(con)
        if accounts < before:
            raise Refused(f"--accounts {accounts}: {base} has {before} already; ask for as many or more")
        copies = -(-accounts // before)
        sizes = {
            "accounts": accounts,
            "known": before,
            "step": 899_999_999_999 // (accounts + before),
            "ous": min(copies, max(1, accounts // ACCOUNTS_PER_OU // max(1, ous))),
            "owners": min(copies, max(1, accounts // ACCOUNTS_PER_OWNER // max(1, owners))),
        }
        for statement in COPIES.split(";\n"):
            con.execute(statement.format(**sizes))
        for table, types in _tables(con):
            con.execute(_copied(con, table, types, sizes))
        con.execute(RECOUNTED)


def _counts(con: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Accounts, OUs below the root, and owners."""
    row = con.execute(
        """select (select count(*) from base.accounts), (select count(*) from base.organizational_units) - 1,
            (select count(distinct owner) from base.accounts)"""
    ).fetchone()
    assert row
    return row


def _tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, dict[str, str]]]:
    """The published tables with their columns and types."""
    rows = con.execute(
        """select table_name, list((column_name, data_type) order by ordinal_position)
        from information_schema.columns where table_catalog = 'base' and table_schema = 'main'
        group by table_name order by table_name"""
    ).fetchall()
    return [(table, dict(columns)) for table, columns in rows]


def _copied(con: duckdb.DuckDBPyConnection, table: str, types: dict[str, str], sizes: dict[str, int]) -> str:
    """The statement that creates a table, its rows repeated by account, OU, owner, or `scope` and `key`."""
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
    """The expressions for the scope and key of a table's rows."""
    if "account_id" in types:
        return "'account'", "account_id"
    if "ou_id" in types:
        return "'ou'", "ou_id"
    if {"scope", "key"} <= types.keys():
        return "scope", "key"
    return ("'owner'", "owner") if "owner" in types else None


def _with_new_id(con: duckdb.DuckDBPyConnection, table: str, types: dict[str, str]) -> dict[str, str]:
    """The columns that contain the row's account id in their text, with the new id substituted."""
    texts = [name for name, type in types.items() if type in ("VARCHAR", "VARCHAR[]", "JSON") and name != "account_id"]
    if "account_id" not in types or not texts:
        return {}
    holds = ", ".join(f"""coalesce(bool_or(contains("{name}"::varchar, account_id)), false)""" for name in texts)
    flags = con.execute(f"select {holds} from base.{table}").fetchone() or ()
    within = [name for name, has_id in zip(texts, flags, strict=True) if has_id]
    renamed = """if(account_id is null, "{0}", replace("{0}"::varchar, account_id, _new)::{1})"""
    return {name: renamed.format(name, types[name]) for name in within}
