"""TLS certificates kept in IAM."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import ARN, Column, Dataset, account_column

CERTIFICATES = Dataset(
    "server_certificates",
    "TLS certificates stored in IAM.",
    "account",
    ("iam:ListServerCertificates",),
    (
        account_column(),
        Column("server_certificate_name", "varchar", "Name of the certificate", required=True),
        Column("server_certificate_id", "varchar", "Unique id of the certificate", required=True),
        Column("arn", "varchar", "ARN of the certificate", required=True, pattern=ARN),
        Column("path", "varchar", "Path of the certificate, / for none", required=True),
        Column("uploaded_at", "timestamp", "When it was uploaded (UTC)"),
        Column("expires_at", "timestamp", "When it expires (UTC)"),
    ),
    key=("account_id", "arn"),
)

DATASETS = (CERTIFICATES,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "server_certificate_name": certificate["ServerCertificateName"],
            "server_certificate_id": certificate["ServerCertificateId"],
            "arn": certificate["Arn"],
            "path": certificate["Path"],
            "uploaded_at": utc(certificate.get("UploadDate")),
            "expires_at": utc(certificate.get("Expiration")),
        }
        for certificate in account.pages("iam:ListServerCertificates", "ServerCertificateMetadataList")
    ]
    return {CERTIFICATES.name: rows}
