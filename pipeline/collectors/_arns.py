"""ARNs of resources that an API identifies by id alone."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.policy.partitions import partition_of


def arn(account: Account, service: str, resource: str) -> str:
    """The ARN of a resource of this account and region."""
    partition = partition_of(account.region) or "aws"
    return f"arn:{partition}:{service}:{account.region}:{account.account_id}:{resource}"
