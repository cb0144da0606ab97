"""Whether the account's own trails are logging. Organization trails are read in the account that owns them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors.trails import TRAILS, trail_arn
from pipeline.schema import ARN, Column, Dataset, Row, account_column

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
    own = [trail for trail in account.rows(TRAILS.name) if trail["is_own"]]
    return {STATUS.name: each(account, STATUS, own, lambda trail: _of_trail(account, trail), trail_arn)}


def _of_trail(account: Account, trail: Row) -> Iterator[Row]:
    status = account.at(trail["home_region"]).optional(OPERATION, Name=trail["trail_arn"])
    if status:
        yield {
            "account_id": account.account_id,
            "trail_arn": trail["trail_arn"],
            "is_logging": status["IsLogging"],
            "delivery_error": status.get("LatestDeliveryError") or None,
        }
