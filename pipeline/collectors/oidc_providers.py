"""OpenID Connect identity providers of IAM."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import ARN, Column, Dataset, account_column

PROVIDERS = Dataset(
    "oidc_providers",
    "OpenID Connect identity providers.",
    "account",
    ("iam:ListOpenIDConnectProviders", "iam:GetOpenIDConnectProvider"),
    (
        account_column(),
        Column("arn", "varchar", "ARN of the provider", required=True, pattern=ARN),
        Column("url", "varchar", "Issuer URL, without https://", required=True),
        Column("client_ids", "varchar[]", "Client ids (audiences) that it accepts", required=True),
        Column("thumbprints", "varchar[]", "Thumbprints of the issuer's certificate authority", required=True),
        Column("created_at", "timestamp", "When it was created (UTC)"),
    ),
    key=("account_id", "arn"),
)

DATASETS = (PROVIDERS,)


def collect(account: Account) -> Rows:
    rows = []
    for arn in [p["Arn"] for p in account.pages("iam:ListOpenIDConnectProviders", "OpenIDConnectProviderList")]:
        found = account.optional("iam:GetOpenIDConnectProvider", "NoSuchEntity", OpenIDConnectProviderArn=arn)
        if found is None:  # deleted since it was listed
            continue
        rows.append(
            {
                "account_id": account.account_id,
                "arn": arn,
                "url": found["Url"],
                "client_ids": found.get("ClientIDList", []),
                "thumbprints": found.get("ThumbprintList", []),
                "created_at": utc(found.get("CreateDate")),
            }
        )
    return {PROVIDERS.name: rows}
