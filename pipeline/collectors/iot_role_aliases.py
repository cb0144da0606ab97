"""AWS IoT role aliases: roles whose credentials devices obtain with their certificates."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._arns import arn
from pipeline.collectors._items import each
from pipeline.schema import ARN, Column, Dataset, Row, account_column

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
    aliases = list(account.pages(LIST, "roleAliases"))
    rows = each(
        account,
        ALIASES,
        aliases,
        lambda alias: _described(account, alias),
        lambda alias: arn(account, "iot", f"rolealias/{alias}"),
    )
    return {ALIASES.name: rows}


def _described(account: Account, alias: str) -> Iterator[Row]:
    answer = account.optional(DESCRIBE, roleAlias=alias)
    if answer:
        described = answer["roleAliasDescription"]
        yield {
            "account_id": account.account_id,
            "region": account.region,
            "role_alias": alias,
            "arn": described["roleAliasArn"],
            "role_arn": described["roleArn"],
            "credential_duration_seconds": described["credentialDurationSeconds"],
        }
