"""Reading items one by one: a failure affects only that item, and is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from pipeline.aws.account import Account
from pipeline.aws.answers import MemberMissing
from pipeline.aws.failures import CallFailed
from pipeline.schema import Dataset, Row

Item = TypeVar("Item")


def resource(dataset: Dataset, row: Row) -> str | None:
    """The subject of a row (`Dataset.named_by`); None for the account or the Region as a whole."""
    return row[dataset.named_by] if dataset.named_by else None


def each(
    account: Account,
    dataset: Dataset,
    items: Iterable[Item],
    read: Callable[[Item], Iterable[Row]],
    named: Callable[[Item], str],
) -> list[Row]:
    """The rows that `read` returns for each item. A failure is recorded under the item's name (`Account.unread`).

    Raises the first `CallFailed` if every item failed and not for want of a member alone: then it is not the items.
    """
    rows: list[Row] = []
    odd: list[tuple[Item, CallFailed]] = []
    refused: list[tuple[Item, CallFailed]] = []
    count = 0
    for item in items:
        count += 1
        try:
            rows += list(read(item))
        except CallFailed as error:
            refused.append((item, error))
        except MemberMissing as missing:
            odd.append((item, missing.failed(account.region)))
    if refused and len(refused) + len(odd) == count:
        raise refused[0][1]
    for item, failed in (*odd, *refused):
        account.unread(dataset, named(item), failed)
    return rows
