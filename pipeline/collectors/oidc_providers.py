"""OpenID Connect identity providers of IAM."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._values import utc
from pipeline.schema import ARN, Column, Dataset, Row, account_column

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
    arns = [
        provider["Arn"] for provider in account.pages("iam:ListOpenIDConnectProviders", "OpenIDConnectProviderList")
    ]
    return {PROVIDERS.name: each(account, PROVIDERS, arns, lambda arn: _provider(account, arn), str)}


def _provider(account: Account, arn: str) -> Iterator[Row]:
    provider = account.optional("iam:GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
    if provider:
        yield {
            "account_id": account.account_id,
            "arn": arn,
            "url": provider["Url"],
            "client_ids": provider.get("ClientIDList", []),
            "thumbprints": provider.get("ThumbprintList", []),
            "created_at": utc(provider.get("CreateDate")),
        }
