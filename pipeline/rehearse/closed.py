"""Regions that a change of SCPs closes to everybody in an account, or opens: what the night would have read there.

A night asks in every Region, and reads nothing more where all is denied (`collect.closed_regions`). What is in a Region
that opens was not read, so it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline import collectors
from pipeline.aws.permissions import all_actions
from pipeline.aws.session import GLOBAL
from pipeline.collect.closed_regions import closed_regions
from pipeline.collectors.analyzers import ANALYZERS
from pipeline.collectors.external_analyzers import ASKED, FOUND
from pipeline.rehearse.change import Change
from pipeline.rehearse.edits import TYPES, Edit, attached, delete, policy_id, update
from pipeline.rows import rows
from pipeline.schema import EXTRACTS, Dataset, Row
from pipeline.settings import Settings
from pipeline.warehouse.store import Connection

CLOSES = "the rehearsed SCPs deny it to everybody"
OPENS = "closed until now: AWS would have to be asked, and a rehearsal does not"
HERE = "list_contains($places, account_id || ' ' || {})"
TABLES = {
    "organization_policies": "stg_organization_policies",
    "policy_targets": "stg_policy_targets",
    "organization_roots": "stg_organization_roots",
    "organizational_units": "organizational_units where parent_id is not null",
    "accounts": "stg_accounts",
}


Places = frozenset[tuple[str, str]]
"""Accounts, each with a Region."""


def of(con: Connection, change: Change, settings: Settings) -> list[Edit]:
    """The edits that follow from a change of SCPs, beside those of the change itself."""
    if change.kind != "scp":
        return []
    earlier = {name: rows(con, f"from {table}") for name, table in TABLES.items()}
    later = earlier | _changed(con, change, earlier)
    before, after = _closed(con, earlier, settings), _closed(con, later, settings)
    if before == after:
        return []
    regional = [dataset for dataset in collectors.datasets().values() if dataset.scope == "region"]
    operations = {operation for dataset in regional for operation in dataset.operations}
    unheard, unread = (
        _closed(con, later, settings, f"role/{settings.role_name}", all_actions(calls))
        for calls in (ANALYZERS.operations, operations)
    )
    enabled = rows(con, "select account_id, region from int_external_analyzer_coverage")
    opening = (before - after) & {(row["account_id"], row["region"]) for row in enabled}
    return [
        *_closes((after - before) & unheard, (after - before) & unread, regional),
        *_opens(opening, regional, settings),
    ]


def _changed(con: Connection, change: Change, tables: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """The policies and where they are attached, after the change."""
    gone = {attached(con, change, name)["policy_id"] for name in change.removed}
    new = [
        {"policy_id": policy_id(policy), "policy_type": TYPES["scp"], "name": policy.name, "document": policy.compact}
        for policy in change.added
    ]
    target = change.target.key
    kept = [row for row in tables["policy_targets"] if row["target_id"] != target or row["policy_id"] not in gone]
    return {
        "organization_policies": [*tables["organization_policies"], *new],
        "policy_targets": [*kept, *({"policy_id": row["policy_id"], "target_id": target} for row in new)],
    }


def _closed(con: Connection, tables: Mapping[str, list[Row]], settings: Settings, *to: Any) -> Places:
    """What is closed to everybody, or `to` somebody for some actions."""
    regions = [row["region"] for row in rows(con, "select distinct region from int_external_analyzer_coverage")]
    regions_closed = closed_regions(tables.get, lambda _: regions, settings, *to)
    return frozenset((account, region) for account, closed in regions_closed.items() for region in closed)


def _closes(unheard: Places, unread: Places, regional: Sequence[Dataset]) -> Iterator[Edit]:
    """Regions without an answer on analyzers, and Regions of which nothing is read, nor owed."""
    if unheard:
        message = "if(error_class = 'scp_deny', message, $message)"
        columns = f"is_closed = true, error_class = 'scp_deny', message = {message}"
        where = HERE.format("region_name")
        yield update(ASKED.name, columns, f"not is_closed and {where}", places=_texts(unheard), message=CLOSES)
        yield delete(FOUND.name, where, places=_texts(unheard))
    if unread:
        for dataset in regional:
            yield delete(dataset.name, HERE.format("region"), places=_texts(unread))
        yield delete(EXTRACTS.name, HERE.format("region"), places=_texts(unread))
        yield _extracts({(account, GLOBAL) for account, _ in unread}, regional, "ok")


def _opens(opening: Places, regional: Sequence[Dataset], settings: Settings) -> Iterator[Edit]:
    """Regions that nobody asked: what is there is not known."""
    if opening:
        where = f"is_closed and error_class = 'scp_deny' and {HERE.format('region_name')}"
        yield update(ASKED.name, "is_closed = false, message = $message", where, places=_texts(opening), message=OPENS)
    if read := {place for place in opening if place[1] in settings.regions or not settings.regions}:
        of_none = f"{HERE.format('region')} and list_contains($names, dataset)"
        nowhere = _texts((account, GLOBAL) for account, _ in read)
        yield delete(EXTRACTS.name, of_none, places=nowhere, names=[dataset.name for dataset in regional])
        yield _extracts(read, regional, "failed", "scp_deny", OPENS)


EXTRACT = """
    insert into raw_extracts by name
    select
        split_part(place, ' ', 1) as account_id, split_part(place, ' ', 2) as region, one.dataset, one.operation,
        0 as rows, $status as status, $error_class as error_class, $message as message
    from (select unnest($places) as place) cross join (select unnest($datasets) as one)
    where not exists (
        from raw_extracts as held
        where held.account_id = split_part(place, ' ', 1) and held.dataset = one.dataset
            and split_part(place, ' ', 2) in (held.region, 'global')
    )"""


def _extracts(
    places: Iterable[tuple[str, str]],
    datasets: Sequence[Dataset],
    status: str,
    error_class: str | None = None,
    message: str | None = None,
) -> Edit:
    """An extract of each dataset in each place that has none; `global`: in each account that has none anywhere."""
    named = [
        {"dataset": dataset.name, "operation": dataset.operations[0] if error_class else None} for dataset in datasets
    ]
    values = {"status": status, "error_class": error_class, "message": message}
    return Edit(EXTRACTS.name, EXTRACT, {"places": _texts(places), "datasets": named, **values})


def _texts(places: Iterable[tuple[str, str]]) -> list[str]:
    return sorted(" ".join(place) for place in places)
