"""TLS server certificates stored in IAM."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import ARN, Column, Dataset, account_column

CERTIFICATES = Dataset(
    "server_certificates",
    "TLS server certificates stored in IAM.",
    "account",
    ("iam:ListServerCertificates",),
    (
        account_column(),
        Column(
            "server_certificate_name",
            "varchar",
            "Name of the certificate",
            required=True,
            source="ServerCertificateName",
        ),
        Column(
            "server_certificate_id",
            "varchar",
            "Unique id of the certificate",
            required=True,
            source="ServerCertificateId",
        ),
        Column("arn", "varchar", "ARN of the certificate", required=True, pattern=ARN, source="Arn"),
        Column("path", "varchar", "Path of the certificate, / by default", required=True, source="Path"),
        Column("uploaded_at", "timestamp", "When it was uploaded (UTC)", source="UploadDate"),
        Column("expires_at", "timestamp", "When it expires (UTC)", is_to_come=True, source="Expiration"),
    ),
    key=("account_id", "arn"),
)

DATASETS = (CERTIFICATES,)

collect = listing(CERTIFICATES, "ServerCertificateMetadataList")
