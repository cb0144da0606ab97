"""X.509 signing certificates of users: asked only of users that the credential report shows with one."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
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
    users = [user for user in account.rows(REPORT.name) if _has_certificate(user)]
    rows = each(account, CERTIFICATES, users, lambda one: _of_user(account, one), lambda one: str(one["arn"]))
    return {CERTIFICATES.name: rows}


def _of_user(account: Account, user: Row) -> Iterator[Row]:
    name = user["user_name"]
    for certificate in account.pages("iam:ListSigningCertificates", "Certificates", may_be_gone=True, UserName=name):
        yield {
            "account_id": account.account_id,
            "user_name": name,
            "certificate_id": certificate["CertificateId"],
            "status": certificate["Status"],
            "uploaded_at": utc(certificate.get("UploadDate")),
        }


def _has_certificate(user: Row) -> bool:
    """Active or not: an inactive one still has its date."""
    has = any(user[f"cert_{n}_active"] or user[f"cert_{n}_last_rotated_at"] for n in (1, 2))
    return has and user["user_name"] != ROOT_USER
