"""Details of active external access findings: the principal, the actions, and whether access is public.

Read for findings that are new or have changed since the last night, and for public ones every night.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._values import compact
from pipeline.collectors.external_findings import FINDINGS
from pipeline.schema import Column, Dataset, Row, account_column

OPERATION = "access-analyzer:GetFindingV2"

DETAILS = Dataset(
    "external_finding_details",
    "Details of active findings of external access analyzers; no row for findings that are gone by then.",
    "region",
    (*FINDINGS.operations, OPERATION),
    (
        account_column(),
        Column("region", "varchar", "Region of the analyzer", required=True),
        Column("analyzer_arn", "varchar", "ARN of the analyzer", required=True),
        Column("finding_id", "varchar", "Id of the finding", required=True),
        Column("updated_at", "timestamp", "When the finding last changed (UTC)", required=True),
        Column("is_public", "boolean", "Whether the access is public; null where the finding does not say"),
        Column("principal", "json", "External principals, by kind", required=True),
        Column("actions", "varchar[]", "Actions that they can perform"),
        Column("condition", "json", "Condition elements of the statement that grants access", required=True),
        Column("rcp_restriction", "varchar", "Effect of resource control policies: APPLIED, APPLICABLE, ..."),
    ),
    key=("account_id", "region", "analyzer_arn", "finding_id"),
)

DATASETS = (DETAILS,)


def collect(account: Account) -> Rows:
    remembered = {_key(row): row for row in account.remembered(DETAILS)}
    findings = account.rows(FINDINGS.name)
    rows = each(
        account, DETAILS, findings, lambda finding: _of_finding(account, finding, remembered.get(_key(finding))), _name
    )
    return {DETAILS.name: rows}


def _of_finding(account: Account, finding: Row, earlier: Row | None) -> Iterator[Row]:
    if earlier and not earlier["is_public"]:
        yield earlier
        return
    request = {"analyzerArn": finding["analyzer_arn"], "id": finding["finding_id"]}
    pages = account.answers(OPERATION, ("findingDetails",), may_be_gone=True, **request)
    details = [
        detail["externalAccessDetails"] for page in pages for detail in page["findingDetails"] if _is_external(detail)
    ]
    if details:
        yield _row(finding, details)


def _name(finding: Row) -> str:
    """The accessible resource, by which findings are judged; the finding's id if it has none."""
    name: str = finding["resource"] or finding["finding_id"]
    return name


def _key(row: Row) -> tuple[Any, ...]:
    return (row["analyzer_arn"], row["finding_id"], row["updated_at"])


def _is_external(detail: dict[str, Any]) -> bool:
    return "externalAccessDetails" in detail


def _row(finding: Row, details: list[dict[str, Any]]) -> Row:
    public = [detail.get("isPublic") for detail in details]
    first = max(details, key=lambda detail: bool(detail.get("isPublic")))
    return {
        **{name: finding[name] for name in ("account_id", "region", "analyzer_arn", "finding_id", "updated_at")},
        "is_public": True if True in public else None if None in public else False,
        "principal": compact(first.get("principal", {})),
        "actions": sorted({action for detail in details for action in detail.get("action", ())}),
        "condition": compact(first.get("condition", {})),
        "rcp_restriction": first.get("resourceControlPolicyRestriction"),
    }
