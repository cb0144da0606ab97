"""Management event selectors of the account's own trails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors.trails import TRAILS, trail_arn
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OPERATION = "cloudtrail:GetEventSelectors"
KINDS = ("All", "ReadOnly", "WriteOnly", "None")

SELECTORS = Dataset(
    "trail_event_selectors",
    "Management events that each of the account's own trails logs.",
    "account",
    (*TRAILS.operations, OPERATION),
    (
        account_column(),
        Column("trail_arn", "varchar", "ARN of the trail", required=True, pattern=ARN, references="trails.trail_arn"),
        Column("management_events", "varchar", "Management events that it logs", required=True, values=KINDS),
    ),
    key=("account_id", "trail_arn"),
)

DATASETS = (SELECTORS,)


def collect(account: Account) -> Rows:
    own = [trail for trail in account.rows(TRAILS.name) if trail["is_own"]]
    return {SELECTORS.name: each(account, SELECTORS, own, lambda one: _of_trail(account, one), trail_arn)}


def _of_trail(account: Account, trail: Row) -> Iterator[Row]:
    found = account.at(trail["home_region"]).optional(OPERATION, TrailName=trail["trail_arn"])
    if found:
        yield {
            "account_id": account.account_id,
            "trail_arn": trail["trail_arn"],
            "management_events": management_events(found),
        }


def management_events(answer: dict[str, Any]) -> str:
    """All, ReadOnly, WriteOnly or None: both kinds of selectors, together."""
    basic = answer.get("EventSelectors") or ()
    found = {one.get("ReadWriteType", "All") for one in basic if one.get("IncludeManagementEvents", True)}
    for one in answer.get("AdvancedEventSelectors") or ():
        fields = {field["Field"]: field for field in one["FieldSelectors"]}
        if "Management" in fields.get("eventCategory", {}).get("Equals", ()):
            found.add(_advanced(fields))
    if "All" in found or {"ReadOnly", "WriteOnly"} <= found:
        return "All"
    return min(found, default="None")


def _advanced(fields: dict[str, dict[str, Any]]) -> str:
    wanted = fields.get("readOnly", {}).get("Equals")
    return "All" if not wanted or len(wanted) > 1 else {"true": "ReadOnly"}.get(wanted[0], "WriteOnly")
