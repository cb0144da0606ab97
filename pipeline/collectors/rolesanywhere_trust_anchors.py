"""Trust anchors of IAM Roles Anywhere, and when their CA certificates expire.

A trust anchor contains its CA certificates, or refers to a private CA in AWS Private CA, which is then read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cryptography.x509 import load_pem_x509_certificates

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import ARN, Column, Dataset, Row, account_column

LIST, DESCRIBE_CA = "rolesanywhere:ListTrustAnchors", "acm-pca:DescribeCertificateAuthority"
EXPIRY_EVENTS = ("CA_CERTIFICATE_EXPIRY", "END_ENTITY_CERTIFICATE_EXPIRY")

ANCHORS = Dataset(
    "rolesanywhere_trust_anchors",
    "Trust anchors of IAM Roles Anywhere.",
    "region",
    (LIST, DESCRIBE_CA),
    (
        account_column(),
        Column("region", "varchar", "Region of the trust anchor", required=True),
        Column("arn", "varchar", "ARN of the trust anchor", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the trust anchor", required=True),
        Column("alias", "varchar", "Alias that the organization has given it; null for none"),
        Column("is_enabled", "boolean", "Whether the trust anchor is enabled", required=True),
        Column("source_type", "varchar", "Source of its CA certificates", required=True),
        Column(
            "certificate_expires_at",
            "timestamp",
            "When the first of its CA certificates expires (UTC); null where that could not be read",
            is_to_come=True,
        ),
        Column(
            "is_crl_distribution_point_checked",
            "boolean",
            "Whether CRLs at the distribution points of certificates are checked",
            required=True,
        ),
        Column("notified_events", "varchar[]", "Expiry events with notifications enabled", required=True),
    ),
    key=("account_id", "region", "arn"),
)

DATASETS = (ANCHORS,)


def collect(account: Account) -> Rows:
    rows = [_row(account, anchor) for anchor in account.pages(LIST, "trustAnchors")]
    return {ANCHORS.name: rows}


def _row(account: Account, anchor: dict[str, Any]) -> Row:
    notified = {n["event"] for n in anchor.get("notificationSettings", []) if n["enabled"]}
    return {
        "account_id": account.account_id,
        "region": account.region,
        "arn": anchor["trustAnchorArn"],
        "name": anchor["name"],
        "alias": anchor.get("aliasName"),
        "is_enabled": anchor["enabled"],
        "source_type": anchor["source"]["sourceType"],
        "certificate_expires_at": _expiry(account, anchor),
        "is_crl_distribution_point_checked": anchor.get("crlDpRevocationEnabled", False),
        "notified_events": [event for event in EXPIRY_EVENTS if event in notified],
    }


def _expiry(account: Account, anchor: dict[str, Any]) -> datetime | None:
    source = anchor["source"].get("sourceData", {})
    if arn := source.get("acmPcaArn"):
        # The private CA may be another account's, and denied, or gone: that costs this anchor only.
        try:
            answer = account.optional(DESCRIBE_CA, CertificateAuthorityArn=arn)
        except CallFailed as failed:
            account.unread(ANCHORS, anchor["trustAnchorArn"], failed)
            return None
        return utc(answer["CertificateAuthority"].get("NotAfter")) if answer else None
    return certificate_expiry(source.get("x509CertificateData", ""))


def certificate_expiry(pem: str) -> datetime | None:
    """When the first certificate of a PEM bundle ends; None where it holds none that can be read."""
    try:
        return utc(min(certificate.not_valid_after_utc for certificate in load_pem_x509_certificates(pem.encode())))
    except ValueError:
        return None
