"""The records of an extract: each once, and none with what this version does not know."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.collectors._items import resource
from pipeline.collectors.organization_tree import ACCOUNTS
from pipeline.schema import Dataset, Row


def once(dataset: Dataset, rows: list[Row]) -> list[Row]:
    """The rows without duplicates: a record on two pages was changed during the reading, and the later one counts."""
    if not dataset.key:
        return rows
    return list({tuple(row[name] for name in dataset.key): row for row in rows}.values())


def known(account: Account, dataset: Dataset, rows: list[Row]) -> list[Row]:
    """The rows without those that have a value unknown to this version, which become `unread_records`.

    Raises `CallFailed` where the row speaks of the account or the region as a whole; but not for
    the roll of accounts: one in a new state is planned as it is, and counts as not read (`collect.run.plan`).
    """
    if dataset.name == ACCOUNTS.name:
        return rows
    columns = [column for column in dataset.columns if column.values and not column.type.endswith("[]")]
    for row in rows:
        for column in columns:
            if row[column.name] is not None and row[column.name] not in column.values:
                message = f"{column.name} is {row[column.name]!r}: this version does not know what that means"
                account.unread(
                    dataset,
                    resource(dataset, row),
                    CallFailed(dataset.operations[-1], "unknown_value", None, message, account.region),
                )
    return rows
