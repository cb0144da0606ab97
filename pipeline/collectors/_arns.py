"""ARNs of resources that an API identifies by id alone."""

from __future__ import annotations

from pipeline.aws.account import Account


def arn(account: Account, service: str, resource: str) -> str:
    """The ARN of a resource of this account and region."""
    return f"arn:{_partition(account.region)}:{service}:{account.region}:{account.account_id}:{resource}"


def _partition(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
