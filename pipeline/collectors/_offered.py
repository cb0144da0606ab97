"""Lists of services that AWS does not offer in every region."""

from __future__ import annotations

from typing import Any

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed


def items(account: Account, operation: str, member: str) -> list[Any]:
    """The items of every page; none in a region that does not have the service. Raises `CallFailed`."""
    try:
        return list(account.pages(operation, member))
    except CallFailed as failed:
        if failed.error_class != "not_offered":
            raise
        return []
