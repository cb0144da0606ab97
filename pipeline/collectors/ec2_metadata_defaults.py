"""Account-level defaults of the instance metadata service (IMDS) for new instances, by Region."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import Column, Dataset, account_column

OPERATION = "ec2:GetInstanceMetadataDefaults"

DEFAULTS = Dataset(
    "ec2_metadata_defaults",
    "Defaults of the instance metadata service, a row for each region; null where the account sets none.",
    "region",
    (OPERATION,),
    (
        account_column(),
        Column("region", "varchar", "Region that they apply in", required=True),
        Column(
            "http_tokens",
            "varchar",
            "Whether new instances require session tokens (IMDSv2)",
            values=("optional", "required"),
        ),
        Column(
            "http_tokens_enforced",
            "varchar",
            "Whether a launch that does not require them fails",
            values=("disabled", "enabled"),
        ),
        Column(
            "managed_by",
            "varchar",
            "Who manages them: the account, or a declarative policy of the organization",
            values=("account", "declarative-policy"),
        ),
    ),
    key=("account_id", "region"),
    may_be_empty=False,
)

DATASETS = (DEFAULTS,)


def collect(account: Account) -> Rows:
    defaults = account.call(OPERATION).get("AccountLevel", {})
    row = {
        "account_id": account.account_id,
        "region": account.region,
        "http_tokens": defaults.get("HttpTokens"),
        "http_tokens_enforced": defaults.get("HttpTokensEnforced"),
        "managed_by": defaults.get("ManagedBy"),
    }
    return {DEFAULTS.name: [row]}
