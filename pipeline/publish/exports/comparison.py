"""The published findings beside Prowler's, from its OCSF output (`prowler aws --output-formats json-ocsf`).

A control answers for a check that its header names under `frameworks.prowler`. Findings meet by account, Region and
resource; where one side names the account and the other a resource in it, by the account.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.rows import rows
from pipeline.schema import Row
from pipeline.settings import Refused

OURS = """
select trim(unnest(string_split(controls.frameworks ->> 'prowler', ','))) as check_id, findings.*
from findings
inner join controls using (control_id)
"""
VERDICTS = {"PASS": "pass", "FAIL": "fail", "MANUAL": "manual"}
ALIKE = {"exempt": "fail"}
"""Our verdicts that count as another one beside Prowler's, which keeps muted findings apart."""


@dataclass(frozen=True)
class Pair:
    """A finding of one side or of both: `outcome` is same, differs, only Prowler, or only Rolecall."""

    outcome: str
    check_id: str
    control_id: str | None
    account_id: str
    resource: str
    prowler: str | None
    rolecall: str | None
    reason: str | None


def compare(con: duckdb.DuckDBPyConnection, path: Path) -> list[Pair]:
    """Every finding of checks that both have. Raises `Refused` for a file that is no OCSF of Prowler."""
    ours: dict[tuple[str, str], list[Row]] = {}
    for row in rows(con, OURS):
        ours.setdefault((row["check_id"], row["account_id"]), []).append(row)
    checks = {check_id for check_id, _ in ours}
    pairs, met = [], set[int]()
    for event in events(path):
        check_id, account_id, resource, verdict = event
        if check_id in checks:
            candidates = ours.get((check_id, account_id), [])
            twin = counterpart(candidates, resource)
            met |= {id(twin)} if twin else set()
            pairs.append(pair(check_id, account_id, resource, verdict, twin))
    named = {(pair.check_id, pair.account_id) for pair in pairs}
    for (check_id, account_id), candidates in ours.items():
        if (check_id, account_id) in named:
            pairs += [pair(check_id, account_id, r["resource"], None, r) for r in candidates if id(r) not in met]
    return sorted(pairs, key=lambda each: (each.outcome, each.check_id, each.account_id, each.resource))


def pair(check_id: str, account_id: str, resource: str, verdict: str | None, row: Row | None) -> Pair:
    if row is None:
        return Pair("only Prowler", check_id, None, account_id, resource, verdict, None, None)
    own = ALIKE.get(row["verdict"], row["verdict"])
    outcome = "only Rolecall" if verdict is None else "same" if own == verdict else "differs"
    return Pair(
        outcome, check_id, row["control_id"], account_id, row["resource"], verdict, row["verdict"], row["reason"]
    )


def counterpart(candidates: list[Row], resource: str) -> Row | None:
    """Our finding on a resource; the only one of the account where one side names the account itself."""
    for row in candidates:
        if row["resource"] == resource:
            return row
    if len(candidates) == 1:
        (row,) = candidates
        if is_account(row["resource"]) or is_account(resource):
            return row
    return None


def is_account(resource: str) -> bool:
    return resource.isdigit() or resource.endswith(":root") or resource == "<root_account>"


def events(path: Path) -> Iterator[tuple[str, str, str, str]]:
    """Check, account, resource and verdict of each finding of a file."""
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise Refused(f"{path}: not valid JSON: {error}") from error
    if not isinstance(listed, list):
        raise Refused(f"{path}: expected a list of events, as Prowler writes with --output-formats json-ocsf")
    for number, event in enumerate(listed, 1):
        try:
            yield read(event)
        except (LookupError, TypeError) as error:
            raise Refused(f"{path}: event {number} is no OCSF finding of Prowler: it lacks {error}") from error


def read(event: Any) -> tuple[str, str, str, str]:
    status = event["status_code"]
    return (
        event["metadata"]["event_code"],
        event["cloud"]["account"]["uid"],
        event["resources"][0]["uid"],
        VERDICTS.get(status, status.lower()),
    )
