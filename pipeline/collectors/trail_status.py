"""Whether the account's own trails are logging. Organization trails are read in the account that owns them."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.trails import TRAILS
from pipeline.schema import ARN, Column, Dataset, account_column

OPERATION = "cloudtrail:GetTrailStatus"

STATUS = Dataset(
    "trail_status",
    "Logging status of each of the account's own trails.",
    "account",
    (*TRAILS.operations, OPERATION),
    (
        account_column(),
        Column("trail_arn", "varchar", "ARN of the trail", required=True, pattern=ARN, references="trails.trail_arn"),
        Column("is_logging", "boolean", "Whether it is logging", required=True),
        Column("delivery_error", "varchar", "Error of the latest delivery to S3"),
    ),
    key=("account_id", "trail_arn"),
)

DATASETS = (STATUS,)


def collect(account: Account) -> Rows:
    rows = []
    for trail in account.rows(TRAILS.name):
        if trail["is_own"]:
            answer = account.at(trail["home_region"]).optional(
                OPERATION, "TrailNotFoundException", Name=trail["trail_arn"]
            )
            rows += [
                {
                    "account_id": account.account_id,
                    "trail_arn": trail["trail_arn"],
                    "is_logging": found["IsLogging"],
                    "delivery_error": found.get("LatestDeliveryError") or None,
                }
                for found in [answer]
                if found
            ]
    return {STATUS.name: rows}
