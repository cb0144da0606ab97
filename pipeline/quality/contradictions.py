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
from pipeline.collectors import organization_tree
from pipeline.collectors.organization import ORGANIZATION
from pipeline.night import Night
from pipeline.quality.declared import Check, rows_that_break
from pipeline.rows import quoted
from pipeline.schema import EXTRACTS, Dataset, Row

ERROR_CLASS = "contradicts_itself"
LONGEST_MESSAGE = 500
EVERYONE = ""
TREE = (ORGANIZATION.name, *(dataset.name for dataset in organization_tree.DATASETS))
"""Datasets without which it is not known which accounts there are: what is wrong there holds the night back."""


@dataclass(frozen=True)
class Contradiction:
    """What a check found in an account, or in one of its Regions; `region` is None for the whole account.

    `account_id` is EVERYONE for a dataset that is read once for the organization.
    """

    dataset: str
    account_id: str
    region: str | None
    message: str


def found(
    con: duckdb.DuckDBPyConnection, check: Check, datasets: Mapping[str, Dataset]
) -> tuple[list[Contradiction], bool]:
    """The contradictions that a failed check finds, by account, and whether they account for the whole failure.

    They do not if rows belong to no extract, or to the organization's accounts and units.
    """
    query = rows_that_break(check, datasets[check.dataset])
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


def _contradiction(check: Check, row: Row, datasets: Mapping[str, Dataset]) -> Contradiction | None:
    """The contradiction in one row; None if it is not about an account's extract."""
    about = datasets.get(row.get("dataset") or check.dataset)
    if about is None or about.name in TREE or not about.operations:
        return None
    is_once = about.scope == "organization"
    if not is_once and not row.get("account_id"):
        return None
    row_text = json.dumps(row, default=str, ensure_ascii=False)
    message = f"the answer contradicts itself: not so: {check.description}: {row_text}"[:LONGEST_MESSAGE]
    region = row.get("region") if about.scope == "region" else None if is_once else GLOBAL
    return Contradiction(about.name, EVERYONE if is_once else row["account_id"], region, message)


def lay(night: Night, contradictions: Sequence[Contradiction], datasets: Mapping[str, Dataset]) -> None:
    """Mark the extracts as failed and remove their rows from the landing."""
    extracts = landing.read(night, EXTRACTS).to_pylist()
    landing.write(night, EXTRACTS, failed(extracts, contradictions, datasets))
    by_dataset: dict[str, list[Contradiction]] = {}
    for contradiction in contradictions:
        by_dataset.setdefault(contradiction.dataset, []).append(contradiction)
    for name, mine in sorted(by_dataset.items()):
        query = f"from rows where not ({is_contradicted(mine, datasets[name])})"
        landing.rewrite(night.landing_folder / name, datasets[name], query)


def failed(
    extracts: Iterable[Row], contradictions: Sequence[Contradiction], datasets: Mapping[str, Dataset]
) -> Iterator[Row]:
    """The extracts, with contradicted ones marked as failed. Extracts that had already failed are unchanged."""
    by_account: dict[tuple[str, str], list[Contradiction]] = {}
    for contradiction in contradictions:
        by_account.setdefault((contradiction.dataset, contradiction.account_id), []).append(contradiction)
    met: set[Contradiction] = set()
    for extract in extracts:
        mine = [c for a in (extract["account_id"], EVERYONE) for c in by_account.get((extract["dataset"], a), [])]
        about = [contradiction for contradiction in mine if contradiction.region in (None, extract["region"])]
        met.update(about)
        yield _failed(about[0], extract["region"], datasets) if about and extract["status"] == "ok" else extract
    lost = {(c.account_id, c.region or GLOBAL, c.dataset): c for c in contradictions if c not in met and c.account_id}
    yield from (_failed(contradiction, region, datasets) for (_, region, _), contradiction in lost.items())


def _failed(contradiction: Contradiction, region: str, datasets: Mapping[str, Dataset]) -> Row:
    operation = next(reversed(datasets[contradiction.dataset].operations), None)
    return dict.fromkeys(column.name for column in EXTRACTS.columns) | {
        "account_id": contradiction.account_id,
        "region": region,
        "dataset": contradiction.dataset,
        "status": "failed",
        "rows": 0,
        "operation": operation,
        "error_class": ERROR_CLASS,
        "message": contradiction.message,
    }


def is_contradicted(contradictions: Iterable[Contradiction], dataset: Dataset) -> str:
    """An SQL condition on the dataset's rows: they belong to an extract that is contradicted."""
    if dataset.scope == "organization":
        return "true"
    accounts, regions = set(), set()
    for contradiction in contradictions:
        if dataset.scope != "region" or contradiction.region is None:
            accounts.add(quoted(contradiction.account_id))
        else:
            regions.add(f"({quoted(contradiction.account_id)}, {quoted(contradiction.region)})")
    conditions = [f"account_id in ({', '.join(sorted(accounts))})"] if accounts else []
    conditions += [f"(account_id, region) in ({', '.join(sorted(regions))})"] if regions else []
    return " or ".join(conditions)
