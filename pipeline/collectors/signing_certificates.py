"""X.509 signing certificates of users, listed only for users who have one according to the credential report, and not
for those who stand in it as on the last night.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors._listing import Each, Remembered, listing
from pipeline.collectors.credential_report import REPORT, ROOT_USER, of_unchanged
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
    return _shown(user) > 0 and user["user_name"] != ROOT_USER


def _shown(user: Row) -> int:
    return sum(bool(user[f"cert_{n}_active"] or user[f"cert_{n}_last_rotated_at"]) for n in (1, 2))


def _unchanged(account: Account) -> Remembered:
    columns = [f"cert_{number}_{what}" for number in (1, 2) for what in ("active", "last_rotated_at")]
    return of_unchanged(account, CERTIFICATES, columns, _shown)


collect = listing(
    CERTIFICATES,
    "Certificates",
    each=Each(REPORT, {"UserName": "user_name"}, where=_has_certificate),
    remembered=_unchanged,
)
