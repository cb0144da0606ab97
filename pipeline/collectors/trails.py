"""CloudTrail trails of the account: its own, and organization trails as they appear in it."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OPERATION = "cloudtrail:DescribeTrails"

TRAILS = Dataset(
    "trails",
    "Trails that appear in the account: its own, and organization trails.",
    "account",
    (OPERATION,),
    (
        account_column(),
        Column("trail_arn", "varchar", "ARN of the trail", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the trail", required=True),
        Column("home_region", "varchar", "Home Region", required=True),
        Column("is_multi_region", "boolean", "Whether it is a multi-Region trail", required=True),
        Column("is_organization", "boolean", "Whether it is an organization trail", required=True),
        Column("is_own", "boolean", "Whether the account owns it", required=True),
    ),
    key=("account_id", "trail_arn"),
)

DATASETS = (TRAILS,)


def trail_arn(trail: Row) -> str:
    arn: str = trail["trail_arn"]
    return arn


def collect(account: Account) -> Rows:
    """A multi-Region trail appears in every Region; a single-Region trail elsewhere is not needed."""
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
