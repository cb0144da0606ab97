"""A minimal SQLAlchemy dialect for DuckDB, for Great Expectations: run a query, read the result, inspect columns.

Great Expectations has no DuckDB data source, and reads results after SQLAlchemy has returned the connection. DuckDB
streams results, and the rollback on return discards them. So every statement gets its own cursor, and rollback and
commit do nothing: only queries are run here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb
from sqlalchemy import types
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGIdentifierPreparer, PGTypeCompiler
from sqlalchemy.engine.default import DefaultDialect

NAME = "rolecall_duckdb"

TYPES: dict[str, type[types.TypeEngine[Any]]] = {
    "BIGINT": types.BigInteger,
    "BOOLEAN": types.Boolean,
    "DATE": types.Date,
    "DOUBLE": types.Float,
    "INTEGER": types.Integer,
    "TIMESTAMP": types.TIMESTAMP,
}
COLUMNS = """
select column_name, data_type, is_nullable
from duckdb_columns()
where table_name = ? and schema_name = ?
order by column_index
"""
RELATIONS = "select {kind}_name from duckdb_{kind}s() where schema_name = ? and not internal order by 1"


class Cursor:
    """One statement and its result, which outlives the SQLAlchemy connection and is freed with the last reference."""

    arraysize = 1
    rowcount = -1
    lastrowid = None

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.description: Any = None

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> None:
        self.description = self.connection.execute(sql, parameters or []).description

    def fetchone(self) -> Any:
        return self.connection.fetchone()

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return self.connection.fetchmany(size or self.arraysize)

    def fetchall(self) -> list[Any]:
        return self.connection.fetchall()

    def close(self) -> None:
        """Do nothing: the result may still be read."""


class Connection:
    """A DBAPI connection for SQLAlchemy: creates cursors of a DuckDB connection owned by the caller."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def cursor(self) -> Cursor:
        return Cursor(self.connection.cursor())

    def commit(self) -> None:
        """Do nothing: nothing was written."""

    def rollback(self) -> None:
        """Do nothing: a real rollback would discard results that are still to be read."""

    def close(self) -> None:
        """Do nothing: the caller closes the connection."""


class DuckDBDialect(DefaultDialect):
    """PostgreSQL's grammar, DuckDB's catalogue."""

    name = NAME
    driver = NAME
    default_paramstyle = "qmark"
    default_schema_name = "main"
    statement_compiler = PGCompiler
    preparer = PGIdentifierPreparer
    type_compiler_cls = PGTypeCompiler
    supports_native_boolean = True
    supports_sane_rowcount = False
    supports_statement_cache = True
    postfetch_lastrowid = False
    _backslash_escapes = False
    _supports_drop_index_concurrently = False

    @classmethod
    def import_dbapi(cls) -> Any:
        return duckdb

    def create_connect_args(self, url: Any) -> tuple[list[Any], dict[str, Any]]:
        return [url.database or ":memory:"], {"read_only": bool(url.database)}

    def connect(self, *args: Any, **options: Any) -> Any:
        return Connection(duckdb.connect(*args, **options))

    def initialize(self, connection: Any) -> None:
        """Skip SQLAlchemy's inspection of the server."""

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        columns = connection.exec_driver_sql(COLUMNS, (table_name, schema or self.default_schema_name)).fetchall()
        return [
            {"name": name, "type": TYPES.get(kind, types.String)(), "nullable": bool(is_nullable), "default": None}
            for name, kind, is_nullable in columns
        ]

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> bool:
        return bool(self.get_columns(connection, table_name, schema))

    def get_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        return self._relations(connection, "table", schema)

    def get_view_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        return self._relations(connection, "view", schema)

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, *_: Any, **__: Any) -> Any:
        return []

    def get_indexes(self, *_: Any, **__: Any) -> Any:
        return []

    def get_unique_constraints(self, *_: Any, **__: Any) -> Any:
        return []

    def get_check_constraints(self, *_: Any, **__: Any) -> Any:
        return []

    def _relations(self, connection: Any, kind: str, schema: str | None) -> list[str]:
        sql = RELATIONS.format(kind=kind)
        return [name for (name,) in connection.exec_driver_sql(sql, (schema or self.default_schema_name,))]


def register() -> None:
    """Make `duckdb://` known to SQLAlchemy."""
    registry.register(NAME, __name__, DuckDBDialect.__name__)


def creator(connection: duckdb.DuckDBPyConnection) -> Callable[[], Connection]:
    """An argument for `create_engine(..., creator=...)` that uses an open connection."""
    return lambda: Connection(connection)
