"""Collectors that only list and rename: columns declare their source, and `listing` builds `collect`.

    Column("uploaded_at", "timestamp", "When it was uploaded (UTC)", source="UploadDate")
    collect = listing(CERTIFICATES, "ServerCertificateMetadataList")

A column without a `source` comes from the row of the other dataset (see `Each`), or is `account_id` or `region`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jmespath

from pipeline.aws.account import Account
from pipeline.aws.answers import MemberMissing, Members
from pipeline.aws.failures import CallFailed
from pipeline.collectors import Rows
from pipeline.collectors._items import each as read_each
from pipeline.collectors._items import resource
from pipeline.collectors._values import document, utc
from pipeline.schema import Column, Dataset, Row

Item = Any
Make = Callable[[Account, Item], Any]
Remembered = Mapping[str, list[Row]]
"""Rows of the last night that hold tonight, by subject, or of the whole list."""
WHOLE = ""


def _every(_: Any) -> bool:
    return True


def _as_listed(_: Account, row: Row) -> Row | None:
    return row


def _nothing(_: Account) -> Remembered:
    return {}


def _as_answered(_: Account, __: Row, rows: list[Row]) -> list[Row]:
    return rows


@dataclass(frozen=True)
class Each:
    """The operation is called for each row of another dataset.

    `ask` maps the operation's parameters to columns of that row. A column without a source is filled from the column
    that it references there, else from the one of the same name. `region` is the column with the Region to call.
    """

    dataset: Dataset
    ask: Mapping[str, str]
    where: Callable[[Row], bool] = _every
    region: str | None = None


def listing(
    dataset: Dataset,
    member: str,
    *,
    each: Each | None = None,
    expected: Sequence[str] = (),
    keep: Callable[[Item], bool] = _every,
    computed: Mapping[str, Make] | None = None,
    is_everywhere: bool = True,
    operation: str | None = None,
    completed: Callable[[Account, Row], Row | None] = _as_listed,
    checked: Callable[[Account, Row, list[Row]], list[Row]] = _as_answered,
    remembered: Callable[[Account], Remembered] = _nothing,
    **params: Any,
) -> Callable[[Account], Rows]:
    """`collect` for a dataset with one row per item in the list `member` of `operation`, by default its last one.

    `expected` are error codes that mean an empty list. `keep` filters items; `computed` has functions for columns that
    need more than a member of the item. A service that is not `is_everywhere` has no rows in Regions that AWS does not
    offer it in. `completed` adds data from another operation to a row, or returns None if the item is gone. `checked`
    returns a subject's rows, or raises where they contradict what is known of it. Subjects that are `remembered`, or
    the list as a whole, are not asked for. `params` are sent with every request.

    A subject of `each` that is gone has no rows. The function raises `CallFailed`. Items without a member of a required
    column, and subjects whose call is denied, are unread records (`_items.each`), unless all of them fail.
    """
    asking = operation or dataset.operations[-1]

    def items(account: Account, subject: Row) -> Iterator[Item]:
        where = account.at(subject[each.region]) if each and each.region else account
        ask = {name: subject[column] for name, column in each.ask.items()} if each else {}
        yield from filter(keep, where.pages(asking, member, expected, bool(each), **ask, **params))

    def rows(account: Account, subject: Row) -> list[Row]:
        given_columns = {"account_id": account.account_id, "region": account.region} | _taken(dataset, each, subject)

        def row(item: Item) -> list[Row]:
            listed = {c.name: _value(account, c, item, given_columns, computed or {}) for c in dataset.columns}
            whole = completed(account, listed)
            return [] if whole is None else [whole]

        return read_each(
            account, dataset, items(account, subject), row, lambda item: _name(dataset, item, given_columns)
        )

    def all_rows(account: Account) -> list[Row]:
        kept = remembered(account)
        if each is None:
            return kept[WHOLE] if WHOLE in kept else rows(account, {})
        return _of_each(account, dataset, each, kept, lambda subject: checked(account, subject, rows(account, subject)))

    def collect(account: Account) -> Rows:
        try:
            return {dataset.name: all_rows(account)}
        except CallFailed as failed:
            if is_everywhere or failed.error_class != "not_offered":
                raise
            return {dataset.name: []}

    return collect


def _of_each(
    account: Account, dataset: Dataset, each: Each, kept: Remembered, read: Callable[[Row], list[Row]]
) -> list[Row]:
    """The rows that are kept, or that `read` returns, for each subject; a subject that fails is an unread record."""

    def of_subject(subject: Row) -> list[Row]:
        rows = kept.get(resource(each.dataset, subject) or "") if kept else None
        return read(subject) if rows is None else rows

    subjects = filter(each.where, account.rows(each.dataset.name))
    return read_each(account, dataset, subjects, of_subject, lambda subject: resource(each.dataset, subject) or "")


def _taken(dataset: Dataset, each: Each | None, subject: Row) -> Row:
    """The columns that each row takes over from the row of the other dataset."""
    if each is None:
        return {}
    theirs = f"{each.dataset.name}."
    referred = {
        column.name: subject[column.references.removeprefix(theirs)]
        for column in dataset.columns
        if column.source is None and column.references and column.references.startswith(theirs)
    }
    return {**subject, **referred}


def _value(account: Account, column: Column, item: Item, given_columns: Row, computed: Mapping[str, Make]) -> Any:
    if column.name in computed:
        return computed[column.name](account, item)
    if column.source is None:
        return given_columns[column.name]
    value = _getter(column.source)(item)
    if value is None and column.required:
        if isinstance(item, Members):
            raise MemberMissing(column.source, item)
        raise LookupError(f"an item of the list lacks {column.source}, the source of {column.name}")
    return CONVERTED.get(column.type, _as_it_is)(value)


def _name(dataset: Dataset, item: Item, given_columns: Row) -> str:
    """The name of an item, if it has one."""
    row = {c.name: _getter(c.source)(item) if c.source else given_columns.get(c.name) for c in dataset.columns}
    return resource(dataset, row) or ""


@cache
def _getter(source: str) -> Callable[[Item], Any]:
    """A function that extracts a member. Plain members are looked up directly: JMESPath takes twenty times as long."""
    if source.isidentifier():
        return lambda item: item.get(source)
    search: Callable[[Item], Any] = jmespath.compile(source).search
    return search


def _as_it_is(value: Any) -> Any:
    return value


CONVERTED: Mapping[str, Callable[[Any], Any]] = {"timestamp": utc, "json": document}
