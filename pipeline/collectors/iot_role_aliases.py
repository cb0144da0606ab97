"""AWS IoT role aliases: roles whose credentials devices obtain with their certificates."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import ARN, Column, Dataset, account_column

LIST, DESCRIBE = "iot:ListRoleAliases", "iot:DescribeRoleAlias"

ALIASES = Dataset(
    "iot_role_aliases",
    "Role aliases of the AWS IoT credential provider.",
    "region",
    (LIST, DESCRIBE),
    (
        account_column(),
        Column("region", "varchar", "Region of the role alias", required=True),
        Column("role_alias", "varchar", "Name of the role alias", required=True),
        Column("arn", "varchar", "ARN of the role alias", required=True, pattern=ARN),
        Column("role_arn", "varchar", "ARN of the role behind it", required=True, pattern=ARN),
        Column("credential_duration_seconds", "bigint", "Lifetime of its credentials, in seconds", required=True),
    ),
    key=("account_id", "region", "arn"),
)

DATASETS = (ALIASES,)


def collect(account: Account) -> Rows:
    rows = []
    for alias in account.pages(LIST, "roleAliases"):
        answer = account.optional(DESCRIBE, "ResourceNotFoundException", roleAlias=alias)
        if answer:
            found = answer["roleAliasDescription"]
            rows.append(
                {
                    "account_id": account.account_id,
                    "region": account.region,
                    "role_alias": alias,
                    "arn": found["roleAliasArn"],
                    "role_arn": found["roleArn"],
                    "credential_duration_seconds": found["credentialDurationSeconds"],
                }
            )
    return {ALIASES.name: rows}
