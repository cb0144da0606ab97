"""`rolecall.duckdb`, the analysts' copy of the published tables, replaced atomically.

Readers always see a complete night, and never block the writer of the warehouse.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from pipeline import state
from pipeline.night import DATABASE, WAREHOUSE, Night
from pipeline.rows import quoted
from pipeline.settings import Refused, Settings
from pipeline.warehouse import build, history, invariants, models, store
from pipeline.warehouse.comments import comment
from pipeline.warehouse.models import PUBLISHED_LAYERS, Catalog, Model

STORAGE_VERSION = "v1.5.0"
BLOCK_BYTES = 32_768
"""Most tables fill a block or two: the demo has 14 MB, not 48. With 16 KiB large tables take half again as long."""


@contextmanager
def written(settings: Settings, night: Night) -> Iterator[tuple[Path, Night]]:
    """Write the copy to a temporary file, yield its path and night, and publish it if the block succeeds.

    The published night is always the newest judged one: after an older night is judged again, the newest is rebuilt, so
    that its trend and first-seen dates are right. Raises `Broken` if the warehouse or the copy is inconsistent.
    """
    with store.reading(night.home) as con:
        newest = night.on(max(history.judged_dates(con), default=night.as_of))
        is_built = store.built_date(con) == newest.as_of
    if not is_built:
        build.build(settings, newest)
    target = night.home / DATABASE
    aside = night.home / f".{DATABASE}.{os.getpid()}"
    aside.unlink(missing_ok=True)
    try:
        copy(night.home / WAREHOUSE, aside, models.load(), newest.as_of, settings)
        yield aside, newest
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def publish(settings: Settings, night: Night) -> tuple[Path, Night]:
    """Write and publish `rolecall.duckdb`. Returns its path and the night it shows."""
    with written(settings, night) as (_, newest):
        pass
    return night.home / DATABASE, newest


def copy(warehouse: Path, target: Path, catalog: Catalog, as_of: date, limits: Settings | None = None) -> None:
    """Copy the published tables with their comments to a new file that DuckDB 1.5 can also open.

    Raises `Broken` if the warehouse is inconsistent or a copied table differs from the original.
    """
    con = duckdb.connect()
    con.execute("set enable_progress_bar = false")
    if limits:
        store.limit(con, limits)
    con.execute(f"attach {quoted(str(warehouse))} as warehouse (read_only)")
    options = f"storage_version {quoted(STORAGE_VERSION)}, block_size {BLOCK_BYTES}"
    con.execute(f"attach {quoted(str(target))} as published ({options})")
    try:
        con.execute("use warehouse")
        con.execute("begin")
        invariants.check(con, as_of)
        con.execute("use published")
        con.execute("create schema staging")
        con.execute("create schema intermediate")
        published = [model for model in catalog.models.values() if model.layer in PUBLISHED_LAYERS]
        for model in published:
            table = f"{PUBLISHED_LAYERS[model.layer]}.{model.name}"
            con.execute(f"create table {table} as from warehouse.{model.name}")
            comments = con.execute(
                "select column_name, comment from duckdb_columns() where database_name = 'warehouse' "
                "and table_name = ? and comment is not null",
                [model.name],
            ).fetchall()
            comment(con, table, model.header.title, dict(comments))
        invariants.check(con, as_of, dict(map(is_copied, published)))
        con.execute("commit")
        con.execute("use memory")
        con.execute("detach published")
    finally:
        con.close()


def is_copied(model: Model) -> tuple[str, str]:
    """The invariant that a copied table has the same rows as the original: equal count and sum of hashes."""
    measured = "(select count(*) as n, sum(hash(t)::hugeint) as hashes from {} as t)"
    copied = measured.format(f"published.{PUBLISHED_LAYERS[model.layer]}.{model.name}")
    original = measured.format(f"warehouse.main.{model.name}")
    query = f"select a.n as copied, b.n as original from {copied} as a, {original} as b"
    return f"{model.name} is copied whole", f"{query} where (a.n, a.hashes) is distinct from (b.n, b.hashes)"


@contextmanager
def reading(home: Path, schemas: str = "main") -> Iterator[duckdb.DuckDBPyConnection]:
    """`rolecall.duckdb`, read-only, without access to other files; names are looked for in these schemas.

    Raises `Refused` if it cannot be opened, or a newer program wrote the home.
    """
    state.check(home)
    with store.published(home / DATABASE, schemas) as con:
        yield con


def shown(settings: Settings) -> Night:
    """The night that `rolecall.duckdb` shows. Raises `Refused` if nothing is published."""
    database = settings.home / DATABASE
    with reading(settings.home) as con:
        try:
            row = con.execute("select as_of from contract").fetchone()
        except duckdb.Error as error:
            raise Refused(f"{database}: {str(error).splitlines()[0]}") from error
    if not row:
        raise Refused(f"{database}: it shows no night; `rolecall run` publishes one")
    return Night(settings.home, date.fromisoformat(str(row[0])))
