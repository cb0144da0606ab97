"""Outbound identity federation: whether IAM issues tokens to the account's principals for services outside AWS."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import Column, Dataset, account_column

FEDERATION = Dataset(
    "outbound_identity_federation",
    "Whether the account issues tokens (sts:GetWebIdentityToken) to its principals for services outside AWS: one row.",
    "account",
    ("iam:GetOutboundWebIdentityFederationInfo",),
    (
        account_column(),
        Column("is_enabled", "boolean", "Whether it is enabled", required=True),
        Column("issuer_url", "varchar", "Issuer URL of the account; null where AWS returns none"),
    ),
    key=("account_id",),
)

DATASETS = (FEDERATION,)


def collect(account: Account) -> Rows:
    """An account in which it was never enabled, or was disabled again, answers FeatureDisabled."""
    answer = account.optional("iam:GetOutboundWebIdentityFederationInfo", "FeatureDisabled")
    row = {
        "account_id": account.account_id,
        "is_enabled": answer is not None and answer["JwtVendingEnabled"],
        "issuer_url": answer and answer.get("IssuerIdentifier"),
    }
    return {FEDERATION.name: [row]}
