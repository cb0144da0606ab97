"""The regions of an account, and which of them are switched on."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import Column, Dataset, account_column

OPERATION = "account:ListRegions"

REGIONS = Dataset(
    "account_regions",
    "Every region that AWS offers the account, and whether it is switched on.",
    "account",
    (OPERATION,),
    (
        account_column(),
        Column("region_name", "varchar", "Name of the region", required=True),
        Column(
            "opt_status",
            "varchar",
            "Whether it is switched on, or on its way there",
            required=True,
            values=("ENABLED", "ENABLING", "DISABLING", "DISABLED", "ENABLED_BY_DEFAULT"),
        ),
    ),
    key=("account_id", "region_name"),
    may_be_empty=False,
)

DATASETS = (REGIONS,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "region_name": region["RegionName"],
            "opt_status": region["RegionOptStatus"],
        }
        for region in account.pages(OPERATION, "Regions")
    ]
    return {REGIONS.name: rows}
