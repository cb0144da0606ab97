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
    """The subject of a row: its ARN, else the last part of its key; None for the account or the Region as a whole."""
    names = [name for name in dataset.key if name not in ("account_id", "region")]
    arn = next((name for name in ("arn", *reversed(names)) if name in row and name.endswith("arn")), None)
    text: str | None = row[arn] if arn else row[names[-1]] if names else None
    return text


def each(
    account: Account,
    dataset: Dataset,
    items: Iterable[Item],
    read: Callable[[Item], Iterable[Row]],
    named: Callable[[Item], str],
) -> list[Row]:
    """The rows that `read` returns for each item. A failure is recorded under the item's name (`Account.unread`).

    Raises the first `CallFailed` if no item could be read.
    """
    rows: list[Row] = []
    failures: list[tuple[Item, CallFailed]] = []
    count = 0
    for item in items:
        count += 1
        try:
            rows += list(read(item))
        except CallFailed as error:
            failures.append((item, error))
        except MemberMissing as missing:
            failures.append((item, missing.failed(account.region)))
    if failures and len(failures) == count:
        raise failures[0][1]
    for item, failed in failures:
        account.unread(dataset, named(item), failed)
    return rows
