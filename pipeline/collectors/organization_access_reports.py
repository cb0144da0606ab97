"""Services that each organizational unit's SCPs allow, and when the accounts below it last used them.

AWS generates a report for one entity at a time, and for the management account only. Each report is refreshed once in
seven nights; the entity's ARN decides on which.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows, _jobs
from pipeline.collectors._turns import is_due
from pipeline.collectors._values import utc
from pipeline.collectors.organization import ORGANIZATION
from pipeline.collectors.organization_tree import DATASETS as TREE
from pipeline.schema import Column, Dataset, Row

GENERATE = "iam:GenerateOrganizationsAccessReport"
GET = "iam:GetOrganizationsAccessReport"

REPORTS = Dataset(
    "organization_access_reports",
    "Services that each root and organizational unit allows, and when its accounts last used them.",
    "organization",
    (*ORGANIZATION.operations, *TREE[0].operations, GENERATE, GET),
    (
        Column("unit_id", "varchar", "Id of the root or organizational unit", required=True),
        Column("unit_arn", "varchar", "ARN of the root or organizational unit", required=True),
        Column("entity_path", "varchar", "Path of ids from the organization down to the unit", required=True),
        Column("read_on", "date", "Night on which the report was generated", required=True),
        Column("service", "varchar", "Service prefix of its actions", required=True),
        Column("last_accessed_at", "timestamp", "When an account under the unit last used it (UTC); null for never"),
    ),
    key=("unit_id", "service"),
)

DATASETS = (REPORTS,)


def collect(organization: Account) -> Rows:
    earlier: dict[str, list[Row]] = {}
    for row in organization.remembered(REPORTS):
        earlier.setdefault(row["entity_path"], []).append(row)
    rows: list[Row] = []
    for unit_id, (arn, path) in paths(organization).items():
        remembered = earlier.get(path)
        if remembered and not is_due(arn, remembered[0]["read_on"], organization.memory.as_of):
            rows += remembered
        else:
            rows += _made(organization, {"unit_id": unit_id, "unit_arn": arn, "entity_path": path})
    return {REPORTS.name: rows}


def paths(organization: Account) -> dict[str, tuple[str, str]]:
    """ARN and path (`o-1/r-1/ou-1`) of every root and unit, by id."""
    top = organization.rows(ORGANIZATION.name)[0]["organization_id"]
    roots, units = organization.rows("organization_roots"), organization.rows("organizational_units")
    arns_and_paths = {root["root_id"]: (root["arn"], f"{top}/{root['root_id']}") for root in roots}
    waiting = {unit["ou_id"]: unit for unit in units}
    while ready := [unit for unit in waiting.values() if unit["parent_id"] in arns_and_paths]:
        for unit in ready:
            arns_and_paths[unit["ou_id"]] = (unit["arn"], f"{arns_and_paths[unit['parent_id']][1]}/{unit['ou_id']}")
            del waiting[unit["ou_id"]]
    return arns_and_paths


def _made(organization: Account, which: Row) -> list[Row]:
    job = organization.optional(GENERATE, EntityPath=which["entity_path"])
    if job is None:  # the unit is gone since the tree was read
        return []
    pages = _jobs.answers(organization, GET, job["JobId"], "AccessDetails")
    if pages[0]["JobStatus"] == _jobs.FAILED:
        why = pages[0].get("ErrorDetails", {}).get("Message", "no reason given")
        raise organization.failed(GET, "server_error", f"AWS could not make the report on {which['unit_id']}: {why}")
    return [
        which
        | {
            "read_on": organization.memory.as_of,
            "service": access["ServiceNamespace"],
            "last_accessed_at": utc(access.get("LastAuthenticatedTime")),
        }
        for page in pages
        for access in page.get("AccessDetails") or ()
    ]
