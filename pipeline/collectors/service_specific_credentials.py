"""Service-specific credentials: for CodeCommit, Amazon Keyspaces and Amazon Bedrock.

`AllUsers` lists those of every user at once.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html
"""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import Column, Dataset, account_column

STATUSES = ("Active", "Inactive", "Expired")

CREDENTIALS = Dataset(
    "service_specific_credentials",
    "Service-specific credentials of IAM users.",
    "account",
    ("iam:ListServiceSpecificCredentials",),
    (
        account_column(),
        Column("user_name", "varchar", "Name of the user", required=True, source="UserName"),
        Column(
            "service_name",
            "varchar",
            "Service that the credential is for (codecommit.amazonaws.com)",
            required=True,
            source="ServiceName",
        ),
        Column("credential_id", "varchar", "Id of the credential", required=True, source="ServiceSpecificCredentialId"),
        Column("status", "varchar", "Status of the credential", required=True, values=STATUSES, source="Status"),
        Column("created_at", "timestamp", "When it was created (UTC)", source="CreateDate"),
        Column(
            "expires_at", "timestamp", "When it expires (UTC); null for never", is_to_come=True, source="ExpirationDate"
        ),
    ),
    key=("account_id", "credential_id"),
)

DATASETS = (CREDENTIALS,)

collect = listing(CREDENTIALS, "ServiceSpecificCredentials", AllUsers=True)
