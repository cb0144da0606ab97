"""`rolecall query`: SQL on the published database, read-only."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from assets.cli.app import DONE, Home, command, given, load
from assets.cli.output import RowFormat, print_rows
from pipeline.night import DATABASE
from pipeline.refused import Refused
from pipeline.text import on_one_line

TABLES = """
select if(schema_name = 'main', table_name, schema_name || '.' || table_name) as "table",
    estimated_size as rows, comment
from duckdb_tables() order by schema_name <> 'main', schema_name, table_name
"""
COLUMNS = """
select column_name as "column", lower(data_type) as type, comment from duckdb_columns()
where if(schema_name = 'main', table_name, schema_name || '.' || table_name) = ? order by column_index
"""


@command
def query(
    sql: Annotated[
        str | None, typer.Argument(help="A query, the name of a table to describe, or - to read a query from stdin.")
    ] = None,
    format: Annotated[RowFormat, typer.Option(help="Output format.")] = RowFormat.text,
    home: Home = None,
) -> int:
    """Query the published database (read-only); without a query, list its tables.

    Example: rolecall query "select * from findings where verdict = 'fail' and practice = 5" --format csv
    """
    import duckdb

    from pipeline.publish import database

    chosen = load(**given(home=home))
    text = sys.stdin.read() if sql == "-" else sql or TABLES
    with database.reading(chosen.home) as con:
        try:
            is_table = text.replace("_", "").replace(".", "").isalnum()
            answer = con.execute(COLUMNS, [text]) if is_table else con.execute(text)
            names, rows = [column[0] for column in answer.description or []], answer.fetchall()
        except duckdb.Error as error:
            raise Refused(f"{chosen.home / DATABASE}: {on_one_line(error)}") from error
    if is_table and not rows:
        raise Refused(f"{chosen.home / DATABASE}: there is no table {text}; `rolecall query` lists them")
    print_rows(names, rows, format)
    return DONE
