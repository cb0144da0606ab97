"""X.509 signing certificates of users: asked only of users that the credential report shows with one."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.collectors.credential_report import REPORT, ROOT_USER
from pipeline.schema import Column, Dataset, Row, account_column

CERTIFICATES = Dataset(
    "signing_certificates",
    "X.509 signing certificates of IAM users.",
    "account",
    (*REPORT.operations, "iam:ListSigningCertificates"),
    (
        account_column(),
        Column("user_name", "varchar", "Name of the user", required=True),
        Column("certificate_id", "varchar", "Id of the certificate", required=True),
        Column("status", "varchar", "Whether it works", required=True, values=("Active", "Inactive", "Expired")),
        Column("uploaded_at", "timestamp", "When it was uploaded (UTC)"),
    ),
    key=("account_id", "certificate_id"),
)

DATASETS = (CERTIFICATES,)


def collect(account: Account) -> Rows:
    gone = ("NoSuchEntity",)  # a user deleted since the report was made
    rows = [
        {
            "account_id": account.account_id,
            "user_name": name,
            "certificate_id": certificate["CertificateId"],
            "status": certificate["Status"],
            "uploaded_at": utc(certificate.get("UploadDate")),
        }
        for name in [user["user_name"] for user in account.rows(REPORT.name) if _has_certificate(user)]
        for certificate in account.pages("iam:ListSigningCertificates", "Certificates", expected=gone, UserName=name)
    ]
    return {CERTIFICATES.name: rows}


def _has_certificate(user: Row) -> bool:
    """Active or not: an inactive one still has its date."""
    has = any(user[f"cert_{n}_active"] or user[f"cert_{n}_last_rotated_at"] for n in (1, 2))
    return has and user["user_name"] != ROOT_USER
