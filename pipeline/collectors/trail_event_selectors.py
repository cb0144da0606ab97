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
    return {SELECTORS.name: each(account, SELECTORS, own, lambda trail: _of_trail(account, trail), trail_arn)}


def _of_trail(account: Account, trail: Row) -> Iterator[Row]:
    answer = account.at(trail["home_region"]).optional(OPERATION, TrailName=trail["trail_arn"])
    if answer:
        yield {
            "account_id": account.account_id,
            "trail_arn": trail["trail_arn"],
            "management_events": management_events(answer),
        }


def management_events(answer: dict[str, Any]) -> str:
    """All, ReadOnly, WriteOnly or None: both kinds of selectors, together."""
    basic = answer.get("EventSelectors") or ()
    kinds = {
        selector.get("ReadWriteType", "All") for selector in basic if selector.get("IncludeManagementEvents", True)
    }
    for selector in answer.get("AdvancedEventSelectors") or ():
        fields = {field["Field"]: field for field in selector["FieldSelectors"]}
        if "Management" in fields.get("eventCategory", {}).get("Equals", ()):
            kinds.add(_advanced(fields))
    if "All" in kinds or {"ReadOnly", "WriteOnly"} <= kinds:
        return "All"
    return min(kinds, default="None")


def _advanced(fields: dict[str, dict[str, Any]]) -> str:
    read_only = fields.get("readOnly", {}).get("Equals")
    return "All" if not read_only or len(read_only) > 1 else {"true": "ReadOnly"}.get(read_only[0], "WriteOnly")
