"""CloudTrail's trails that record the account: its own, and the organization's as they show in it."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OPERATION = "cloudtrail:DescribeTrails"

TRAILS = Dataset(
    "trails",
    "Trails that show in the account: its own, and those of the organization.",
    "account",
    (OPERATION,),
    (
        account_column(),
        Column("trail_arn", "varchar", "ARN of the trail", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the trail", required=True),
        Column("home_region", "varchar", "Region in which it is managed", required=True),
        Column("is_multi_region", "boolean", "Whether it records every region", required=True),
        Column("is_organization", "boolean", "Whether it records every account of the organization", required=True),
        Column("is_own", "boolean", "Whether the account owns it", required=True),
    ),
    key=("account_id", "trail_arn"),
)

DATASETS = (TRAILS,)


def trail_arn(trail: Row) -> str:
    arn: str = trail["trail_arn"]
    return arn


def collect(account: Account) -> Rows:
    """A trail of every region shows in any region; one of a single region elsewhere would not help."""
    rows = [
        {
            "account_id": account.account_id,
            "trail_arn": trail["TrailARN"],
            "name": trail["Name"],
            "home_region": trail["HomeRegion"],
            "is_multi_region": trail.get("IsMultiRegionTrail", False),
            "is_organization": trail.get("IsOrganizationTrail", False),
            "is_own": f":{account.account_id}:" in trail["TrailARN"],
        }
        for trail in account.call(OPERATION, includeShadowTrails=True)["trailList"]
    ]
    return {TRAILS.name: rows}
