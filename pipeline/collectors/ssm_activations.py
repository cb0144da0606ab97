"""SSM's hybrid activations: codes with which machines outside AWS register themselves."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._arns import arn
from pipeline.collectors._values import utc
from pipeline.schema import ARN, Column, Dataset, account_column

OPERATION = "ssm:DescribeActivations"

ACTIVATIONS = Dataset(
    "ssm_activations",
    "Hybrid activations that SSM still knows; without their codes, which no API gives again.",
    "region",
    (OPERATION,),
    (
        account_column(),
        Column("region", "varchar", "Region of the activation", required=True),
        Column("activation_id", "varchar", "Id of the activation", required=True),
        Column("arn", "varchar", "The id as an ARN, so that it can be told apart", required=True, pattern=ARN),
        Column("role_name", "varchar", "Name of the role that its machines get, without a path"),
        Column("registration_limit", "bigint", "Machines that may register", required=True),
        Column("registrations_count", "bigint", "Machines that have registered", required=True),
        Column("expires_at", "timestamp", "When it ends (UTC)"),
        Column("is_expired", "boolean", "Whether it has ended", required=True),
        Column("created_at", "timestamp", "When it was made (UTC)"),
    ),
    key=("account_id", "region", "activation_id"),
)

DATASETS = (ACTIVATIONS,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "activation_id": found["ActivationId"],
            "arn": arn(account, "ssm", f"activation/{found['ActivationId']}"),
            "role_name": found.get("IamRole", "").rsplit("/", 1)[-1] or None,
            "registration_limit": found.get("RegistrationLimit", 1),
            "registrations_count": found.get("RegistrationsCount", 0),
            "expires_at": utc(found.get("ExpirationDate")),
            "is_expired": found.get("Expired", False),
            "created_at": utc(found.get("CreatedDate")),
        }
        for found in account.pages(OPERATION, "ActivationList")
    ]
    return {ACTIVATIONS.name: rows}
