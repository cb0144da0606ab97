"""The Regions of an account and their opt-in status."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import Column, Dataset, account_column

REGIONS = Dataset(
    "account_regions",
    "Every Region that AWS offers the account, and whether it is enabled.",
    "account",
    ("account:ListRegions",),
    (
        account_column(),
        Column("region_name", "varchar", "Code of the Region", required=True, source="RegionName"),
        Column(
            "opt_status",
            "varchar",
            "Opt-in status of the Region",
            required=True,
            values=("ENABLED", "ENABLING", "DISABLING", "DISABLED", "ENABLED_BY_DEFAULT"),
            source="RegionOptStatus",
        ),
    ),
    key=("account_id", "region_name"),
    may_be_empty=False,
)

DATASETS = (REGIONS,)

collect = listing(REGIONS, "Regions")
