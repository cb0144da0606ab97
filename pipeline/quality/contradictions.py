"""Contradictory data fails the account's extract, not the night.

If a blocking check fails for rows of an account, that account's extract of the dataset is marked as failed, with class
`contradicts_itself`: its rows are removed from the landing, its controls are `unknown`, and coverage falls. A check
that fails for the whole organization still holds the night back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from pipeline import landing
from pipeline.aws.session import GLOBAL
from pipeline.night import Night
from pipeline.quality.declared import ROWS, UNIQUE, UNIQUE_TOGETHER, Check
from pipeline.rows import quoted
from pipeline.schema import EXTRACTS, Dataset, Row

ERROR_CLASS = "contradicts_itself"
LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class Contradiction:
    """What a check found in an account, or in one of its Regions; `region` is None for the whole account."""

    dataset: str
    account_id: str
    region: str | None
    message: str

    def is_about(self, extract: Row) -> bool:
        return (
            (extract["dataset"], extract["account_id"]) == (self.dataset, self.account_id)
            and self.region in (None, extract["region"])
        )  # fmt: skip


def found(
    con: duckdb.DuckDBPyConnection, check: Check, datasets: Mapping[str, Dataset]
) -> tuple[list[Contradiction], bool]:
    """The contradictions that a failed check finds, by account, and whether they account for the whole failure.

    They do not if rows have no account, or belong to a dataset that is read once for the organization.
    """
    query = _rows_that_break(check, datasets[check.dataset])
    if query is None:
        return [], False
    broken = con.execute(query)
    names = [column[0] for column in broken.description]
    rows = [dict(zip(names, row, strict=True)) for row in broken.fetchall()]
    contradictions: dict[tuple[str, str, str | None], Contradiction] = {}
    is_all = bool(rows)
    for row in rows:
        contradiction = _contradiction(check, row, datasets)
        is_all = is_all and contradiction is not None
        if contradiction:
            contradictions.setdefault(
                (contradiction.dataset, contradiction.account_id, contradiction.region), contradiction
            )
    return list(contradictions.values()), is_all


def _rows_that_break(check: Check, dataset: Dataset) -> str | None:
    """A query for all violating rows; None for a check of the table as a whole."""
    table = f"raw_{dataset.name}"
    if check.expectation == ROWS:
        return str(check.arguments["unexpected_rows_query"]).format(batch=table)
    if check.expectation in (UNIQUE, UNIQUE_TOGETHER):
        keys = check.arguments.get("column_list") or [check.arguments["column"]]
        return f"select {', '.join(keys)} from {table} group by all having count(*) > 1 order by all"
    return None


def _contradiction(check: Check, row: Row, datasets: Mapping[str, Dataset]) -> Contradiction | None:
    """The contradiction in one row; None if it is not about an account's extract."""
    about = datasets.get(row.get("dataset") or check.dataset)
    if about is None or about.scope == "organization" or not row.get("account_id"):
        return None
    row_text = json.dumps(row, default=str, ensure_ascii=False)
    message = f"the answer contradicts itself: not so: {check.description}: {row_text}"[:LONGEST_MESSAGE]
    region = row.get("region") if about.scope == "region" else GLOBAL
    return Contradiction(about.name, row["account_id"], region, message)


def lay(night: Night, contradictions: Sequence[Contradiction], datasets: Mapping[str, Dataset]) -> None:
    """Mark the extracts as failed and remove their rows from the landing."""
    extracts = landing.read(night, EXTRACTS).to_pylist()
    landing.write(night, EXTRACTS, failed(extracts, contradictions, datasets))
    for name in sorted({contradiction.dataset for contradiction in contradictions}):
        conditions = " or ".join(
            _is_row_of(contradiction, datasets[name])
            for contradiction in contradictions
            if contradiction.dataset == name
        )
        landing.rewrite(night.landing_folder / name, datasets[name], f"from rows where not ({conditions})")


def failed(
    extracts: Iterable[Row], contradictions: Sequence[Contradiction], datasets: Mapping[str, Dataset]
) -> Iterator[Row]:
    """The extracts, with contradicted ones marked as failed. Extracts that had already failed are unchanged."""
    by_key: dict[tuple[str, str, str], Row] = {}
    for extract in extracts:
        about = next((contradiction for contradiction in contradictions if contradiction.is_about(extract)), None)
        row = _failed(about, extract["region"], datasets) if about and extract["status"] == "ok" else extract
        by_key[extract["account_id"], extract["region"], extract["dataset"]] = row
    for contradiction in contradictions:
        if not any(contradiction.is_about(row) for row in by_key.values()):
            region = contradiction.region or GLOBAL
            by_key[contradiction.account_id, region, contradiction.dataset] = _failed(contradiction, region, datasets)
    yield from by_key.values()


def _failed(contradiction: Contradiction, region: str, datasets: Mapping[str, Dataset]) -> Row:
    operation = next(reversed(datasets[contradiction.dataset].operations), None)
    return {
        "account_id": contradiction.account_id,
        "region": region,
        "dataset": contradiction.dataset,
        "status": "failed",
        "rows": 0,
        "operation": operation,
        "error_class": ERROR_CLASS,
        "error_code": None,
        "message": contradiction.message,
    }


def _is_row_of(contradiction: Contradiction, dataset: Dataset) -> str:
    of_account = f"account_id = {quoted(contradiction.account_id)}"
    if dataset.scope != "region" or contradiction.region is None:
        return of_account
    return f"({of_account} and region = {quoted(contradiction.region)})"
