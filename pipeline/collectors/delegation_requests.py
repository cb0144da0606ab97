"""Requests of product providers for temporary access to the account (IAM temporary delegation).

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListDelegationRequests.html (since 2025-11-18; read 2026-11-27)
"""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import ACCOUNT_ID, Column, Dataset, account_column

REQUESTS = Dataset(
    "delegation_requests",
    "Delegation requests of product providers that the account has received, of any state.",
    "account",
    ("iam:ListDelegationRequests",),
    (
        account_column(),
        Column("request_id", "varchar", "Id of the request", required=True, source="DelegationRequestId"),
        Column(
            "requestor_account_id",
            "varchar",
            "Account of the product provider",
            required=True,
            pattern=ACCOUNT_ID,
            source="RequestorId",
        ),
        Column("requestor_name", "varchar", "Name of the product provider", source="RequestorName"),
        Column(
            "state",
            "varchar",
            "State of the request",
            required=True,
            values=("UNASSIGNED", "ASSIGNED", "PENDING_APPROVAL", "FINALIZED", "ACCEPTED", "REJECTED", "EXPIRED"),
            source="State",
        ),
        Column("session_seconds", "bigint", "Duration of the sessions it asks for", source="SessionDuration"),
        Column("created_at", "timestamp", "When it was made (UTC)", source="CreateDate"),
        Column("expires_at", "timestamp", "When it expires (UTC)", is_to_come=True, source="ExpirationTime"),
        Column(
            "boundary_arns",
            "varchar[]",
            "Permissions boundaries of the roles that the provider may make",
            required=True,
            source="RolePermissionRestrictionArns || `[]`",
        ),
    ),
    key=("account_id", "request_id"),
)

DATASETS = (REQUESTS,)

# An endpoint that does not know the operation has no such requests: IAM of another partition, or an older one.
collect = listing(REQUESTS, "DelegationRequests", expected=("InvalidAction",))
