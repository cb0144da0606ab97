"""`rolecall export`: findings as CSV, JSON, Parquet, OCSF or ASFF."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from assets.cli.app import DONE, Home, command, given, load
from assets.cli.output import write_csv
from pipeline.refused import Refused

if TYPE_CHECKING:
    from pipeline.schema import Row

BATCH = 10_000


class ExportFormat(StrEnum):
    csv = "csv"
    json = "json"
    parquet = "parquet"
    ocsf = "ocsf"
    asff = "asff"


Values = list[str] | None


@command
def export(
    format: Annotated[ExportFormat, typer.Argument(help="Format.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; default: standard output.")] = None,
    verdict: Annotated[Values, typer.Option(help="Only this verdict; repeat for more.")] = None,
    severity: Annotated[Values, typer.Option(help="Only this severity.")] = None,
    practice: Annotated[Values, typer.Option(help="Only this best practice (1 to 14).")] = None,
    control: Annotated[Values, typer.Option(help="Only this control (id).")] = None,
    account: Annotated[Values, typer.Option(help="Only this account.")] = None,
    owner: Annotated[Values, typer.Option(help="Only accounts of this owner.")] = None,
    ou: Annotated[Values, typer.Option(help="Only accounts in or below this OU (path).")] = None,
    home: Home = None,
) -> int:
    """Export the findings of the published night, those that are unknown or manual among them.

    Example: rolecall export ocsf --verdict fail --severity critical --severity high -o findings.json
    """
    from pipeline.publish import database
    from pipeline.publish.exports import findings
    from pipeline.rows import stream

    chosen = load(**given(home=home))
    if format is ExportFormat.parquet and output is None:
        raise Refused("export parquet: name a file with --output")
    fields = {
        "verdict": verdict or [],
        "severity": severity or [],
        "practice": practice or [],
        "control": control or [],
        "account": account or [],
        "owner": owner or [],
        "ou": ou or [],
    }
    with database.reading(chosen.home) as con:
        sql, parameters = findings.select(con, fields)
        columns, rows = con.sql(findings.FLAT).columns, stream(con, sql, **parameters)
        if output is None:
            write(format, columns, rows, sys.stdout)
        else:
            aside = output.with_name(f".{output.name}.new")
            try:
                if format is ExportFormat.parquet:
                    write_parquet(con.cursor().sql(sql, params=parameters).to_arrow_reader(BATCH), aside)
                else:
                    with aside.open("w", encoding="utf-8", newline="") as file:
                        write(format, columns, rows, file)
                aside.replace(output)
            finally:
                aside.unlink(missing_ok=True)
    return DONE


def write(format: ExportFormat, columns: Sequence[str], rows: Iterable[Row], file: IO[str]) -> None:
    """Write rows as they are read: CSV with a heading, or a JSON array."""
    if format is ExportFormat.csv:
        write_csv(columns, ([row[name] for name in columns] for row in rows), file)
        return
    made, before = maker(format), "[\n"
    for row in rows:
        file.write(before + json.dumps(made(row), ensure_ascii=False, default=str))
        before = ",\n"
    file.write("\n]\n" if before == ",\n" else "[]\n")


def maker(format: ExportFormat) -> Callable[[Row], Any]:
    """What makes an object of a finding."""
    if format is ExportFormat.ocsf:
        from pipeline.publish.exports import ocsf

        return ocsf.event
    if format is ExportFormat.asff:
        from functools import partial

        import boto3

        from pipeline.aws.session import FIRST_REGION
        from pipeline.publish.exports import asff

        return partial(asff.finding, region=boto3.Session().region_name or FIRST_REGION)
    return nested


def nested(row: Row) -> Row:
    """A row with its JSON as objects."""
    return row | {name: json.loads(row[name]) if row[name] else None for name in ("evidence", "frameworks")}


def write_parquet(reader: Any, path: Path) -> None:
    """Write Arrow batches as they are read."""
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
