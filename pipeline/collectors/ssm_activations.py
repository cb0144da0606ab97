"""SSM hybrid activations: codes with which machines outside AWS register as managed nodes."""

from __future__ import annotations

from pipeline.collectors._arns import arn
from pipeline.collectors._listing import listing
from pipeline.schema import ARN, Column, Dataset, account_column

ACTIVATIONS = Dataset(
    "ssm_activations",
    "Hybrid activations that SSM still lists, without the activation codes, which no API returns again.",
    "region",
    ("ssm:DescribeActivations",),
    (
        account_column(),
        Column("region", "varchar", "Region of the activation", required=True),
        Column("activation_id", "varchar", "Id of the activation", required=True, source="ActivationId"),
        Column("arn", "varchar", "The id in the form of an ARN, so that it is unique", required=True, pattern=ARN),
        Column("role_name", "varchar", "Name of the role that its machines are given, without the path"),
        Column(
            "registration_limit",
            "bigint",
            "Managed nodes that may register",
            required=True,
            source="RegistrationLimit || `1`",
        ),
        Column(
            "registrations_count",
            "bigint",
            "Managed nodes that have registered",
            required=True,
            source="RegistrationsCount || `0`",
        ),
        Column("expires_at", "timestamp", "When it expires (UTC)", is_to_come=True, source="ExpirationDate"),
        Column("is_expired", "boolean", "Whether it has expired", required=True, source="Expired || `false`"),
        Column("created_at", "timestamp", "When it was created (UTC)", source="CreatedDate"),
    ),
    key=("account_id", "region", "activation_id"),
)

DATASETS = (ACTIVATIONS,)

collect = listing(
    ACTIVATIONS,
    "ActivationList",
    computed={
        "arn": lambda account, activation: arn(account, "ssm", f"activation/{activation['ActivationId']}"),
        "role_name": lambda account, activation: activation.get("IamRole", "").rsplit("/", 1)[-1] or None,
    },
)
