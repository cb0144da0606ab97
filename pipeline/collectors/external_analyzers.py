"""External access analyzers in every enabled Region of an account, whether the run reads it or not.

A Region that could not be read is a row with the reason, not a failure of the account. It counts as closed only if AWS
says that it is not enabled or has no Access Analyzer, or if the organization's SCPs close it to everybody; a mere
denial may concern the reader alone. If no open Region could be read, the account could not be read.

A Region that the run does not read otherwise, and in which the account had no analyzer, is asked once in seven nights
while an analyzer of the organization covers it, or while its SCPs close it.
"""

from __future__ import annotations

from datetime import date

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.collectors import Rows
from pipeline.collectors._turns import is_due
from pipeline.collectors.account_regions import REGIONS
from pipeline.collectors.analyzers import ANALYZERS
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OFF = ("ENABLING", "DISABLING", "DISABLED")
KINDS = ("ACCOUNT", "ORGANIZATION")
CLOSED = ("region_disabled", "not_offered")

ASKED = Dataset(
    "external_analyzer_regions",
    "Enabled Regions of the account, and whether Access Analyzer answered there.",
    "account",
    (*REGIONS.operations, *ANALYZERS.operations),
    (
        account_column(),
        Column("region_name", "varchar", "Region", required=True),
        Column("is_closed", "boolean", "Whether nobody can use the Region: the SCPs or AWS say so", required=True),
        Column("error_class", "varchar", "Why it could not be read; null where it could"),
        Column("message", "varchar", "AWS's error message"),
        Column("read_on", "date", "Night on which it was asked; null in Regions that the run reads: `extracts` has it"),
    ),
    key=("account_id", "region_name"),
)

FOUND = Dataset(
    "external_analyzers",
    "External access analyzers of the account, in all of its Regions.",
    "account",
    ASKED.operations,
    (
        account_column(),
        Column("region_name", "varchar", "Region of the analyzer", required=True),
        Column("analyzer_arn", "varchar", "ARN of the analyzer", required=True, pattern=ARN),
        Column("analyzer_type", "varchar", "Zone of trust", required=True, values=KINDS),
        Column("status", "varchar", "Status of the analyzer", required=True),
        Column("status_reason", "varchar", "AWS's reason code for that status"),
        Column("last_resource_analyzed_at", "timestamp", "When it last analyzed a resource (UTC)"),
    ),
    key=("account_id", "analyzer_arn"),
)

DATASETS = (ASKED, FOUND)


def is_external(analyzer: Row) -> bool:
    """Whether a row of `analyzers` is for external access."""
    return analyzer["analyzer_type"] in KINDS


def is_active_external(analyzer: Row) -> bool:
    """Whether it is for external access and is working, or in a state unknown to this version."""
    return is_external(analyzer) and analyzer["status"] not in ("CREATING", "DISABLED", "FAILED")


def covered(account: Account) -> frozenset[str]:
    """The Regions in which an analyzer of the organization watched every account last night."""
    active = {"analyzer_type": "ORGANIZATION", "status": "ACTIVE"}
    rows = account.memory.once((FOUND.name, "covered"), lambda: account.memory.last_rows(FOUND, active))
    return frozenset(row["region_name"] for row in rows)


def collect(account: Account) -> Rows:
    regions, analyzers_kept, failures = [], [], []
    remembered = _remembered(account)
    for region in account.rows(REGIONS.name):
        name = region["region_name"]
        if region["opt_status"] in OFF:
            continue
        if name in remembered:
            regions.append(remembered[name])
            continue
        row: Row = {"account_id": account.account_id, "region_name": name}
        read_on = account.memory.as_of if _is_elsewhere(account, name) else None
        try:
            analyzers = account.at(name).rows(ANALYZERS.name)
        except CallFailed as failed:
            is_closed = failed.error_class in CLOSED or (failed.is_denied_there and name in account.closed_regions)
            failures += [] if is_closed else [failed]
            regions.append(row | _answer(is_closed, read_on, failed.error_class, failed.message))
        else:
            regions.append(row | _answer(False, read_on))
            analyzers_kept += [row | _kept(analyzer) for analyzer in analyzers if is_external(analyzer)]
    if failures and len(failures) == sum(not row["is_closed"] for row in regions):
        raise failures[0]
    return {ASKED.name: regions, FOUND.name: analyzers_kept}


def _remembered(account: Account) -> dict[str, Row]:
    """Rows of earlier nights that count tonight, by Region."""
    holding = {row["region_name"] for row in account.remembered(FOUND)}
    return {
        row["region_name"]: row
        for row in account.remembered(ASKED)
        if row["read_on"]
        and _is_elsewhere(account, row["region_name"])
        and row["region_name"] not in holding
        and row["region_name"] in (account.closed_regions if row["is_closed"] else covered(account))
        and (row["is_closed"] or row["error_class"] is None)
        and not is_due(f"{account.account_id} {row['region_name']}", row["read_on"], account.memory.as_of)
    }


def _is_elsewhere(account: Account, region: str) -> bool:
    """Whether the run reads nothing else in a Region."""
    return bool(account.settings.regions) and region not in account.settings.regions


def _answer(is_closed: bool, read_on: date | None, error_class: str | None = None, message: str | None = None) -> Row:
    return {"is_closed": is_closed, "error_class": error_class, "message": message, "read_on": read_on}


def _kept(analyzer: Row) -> Row:
    names = {column.name for column in FOUND.columns} - {"account_id", "region_name"}
    return {name: analyzer[name] for name in names}
