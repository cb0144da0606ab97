"""X.509 signing certificates of users, listed only for users who have one according to the credential report."""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
from pipeline.collectors.credential_report import REPORT, ROOT_USER
from pipeline.schema import Column, Dataset, Row, account_column

STATUSES = ("Active", "Inactive", "Expired")

CERTIFICATES = Dataset(
    "signing_certificates",
    "X.509 signing certificates of IAM users.",
    "account",
    (*REPORT.operations, "iam:ListSigningCertificates"),
    (
        account_column(),
        Column("user_name", "varchar", "Name of the user", required=True),
        Column("certificate_id", "varchar", "Id of the certificate", required=True, source="CertificateId"),
        Column("status", "varchar", "Status of the certificate", required=True, values=STATUSES, source="Status"),
        Column("uploaded_at", "timestamp", "When it was uploaded (UTC)", source="UploadDate"),
    ),
    key=("account_id", "certificate_id"),
)

DATASETS = (CERTIFICATES,)


def _has_certificate(user: Row) -> bool:
    """Active or not: an inactive certificate still has its date."""
    has = any(user[f"cert_{n}_active"] or user[f"cert_{n}_last_rotated_at"] for n in (1, 2))
    return has and user["user_name"] != ROOT_USER


collect = listing(
    CERTIFICATES,
    "Certificates",
    each=Each(REPORT, {"UserName": "user_name"}, where=_has_certificate),
)
