"""Certificate revocation lists (CRLs) imported into IAM Roles Anywhere."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import ARN, Column, Dataset, account_column

CRLS = Dataset(
    "rolesanywhere_crls",
    "Certificate revocation lists imported into IAM Roles Anywhere.",
    "region",
    ("rolesanywhere:ListCrls",),
    (
        account_column(),
        Column("region", "varchar", "Region of the CRL", required=True),
        Column("arn", "varchar", "ARN of the CRL", required=True, pattern=ARN, source="crlArn"),
        Column("is_enabled", "boolean", "Whether the CRL is enabled", required=True, source="enabled"),
        Column("trust_anchor_arn", "varchar", "ARN of the trust anchor that it applies to", source="trustAnchorArn"),
    ),
    key=("account_id", "region", "arn"),
)

DATASETS = (CRLS,)

collect = listing(CRLS, "crls")
