"""Whether a change of the code changed what a night says: every table of a warehouse, column by column.

`python -m tools.verdicts HOME --save before.json` writes a digest of the tables of a home; after the change, and
`rolecall run --judge-only`, `python -m tools.verdicts HOME --against before.json` lists the columns that differ and
exits with 1 if any does. The order of rows does not count.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from pipeline.night import WAREHOUSE
from pipeline.rows import quoted

Digests = dict[str, dict[str, str]]
"""By table and column: the sum of hashes; also of `rows` (their number) and `whole` (columns together)."""
COLUMNS = """
select table_name, list(column_name order by column_index) from duckdb_columns()
where database_name = 'warehouse' and not internal group by table_name order by table_name
"""


def digests(warehouse: Path) -> Digests:
    """Digests of all tables in a database file."""
    with duckdb.connect() as con:
        con.execute(f"attach {quoted(str(warehouse))} as warehouse (read_only)")
        return {table: _digest(con, table, columns) for table, columns in con.execute(COLUMNS).fetchall()}


def _digest(con: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> dict[str, str]:
    texts = [f'"{column}"::varchar' for column in columns]
    sums = ", ".join(f"sum(hash({text}))" for text in (", ".join(texts), *texts))
    row = con.execute(f'select count(*), {sums} from warehouse."{table}"').fetchone() or ()
    return dict(zip(("rows", "whole", *columns), map(str, row), strict=True))


def differences(before: Digests, after: Digests) -> list[str]:
    """One line for each table that differs, with its columns."""
    lines = []
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table), after.get(table)
        if old is None or new is None:
            lines.append(f"{table}: only {'after' if old is None else 'before'}")
        elif odd := [column for column in {**old, **new} if old.get(column) != new.get(column)]:
            lines.append(f"{table}: {', '.join(odd)} ({old['rows']} rows before, {new['rows']} after)")
    return lines


def main(
    home: Annotated[Path, typer.Argument(help="Home of a judged night.")],
    save: Annotated[Path | None, typer.Option(help="Write the digests here.")] = None,
    against: Annotated[Path | None, typer.Option(help="Compare with digests written before.")] = None,
) -> None:
    """Digests of every table of a warehouse, to compare before and after a change."""
    found = digests(home / WAREHOUSE)
    if save:
        save.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    lines = differences(json.loads(against.read_text(encoding="utf-8")), found) if against else []
    for line in lines:
        print(line)
    print(f"{len(found)} tables" + (f", {len(lines)} differ" if against else ""))
    raise typer.Exit(bool(lines))


if __name__ == "__main__":
    typer.run(main)
