"""Describe operations that take many names per call, in the largest batches that the API allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.schema import Dataset

# ECS's reason for an item that was deleted since it was listed (API reference, Failure; "API failure reasons").
MISSING = "MISSING"


@dataclass(frozen=True)
class Describe:
    """A batch describe operation: its input parameter, its output member, and the member with failures.

    `named` are the members of an item that can have been used as its name. `failures` is the member with the names of
    items that were not described, or structures of `arn` and `reason`.
    """

    operation: str
    member: str
    takes: str
    named: tuple[str, ...]
    failures: str
    size: int

    def all(self, account: Account, dataset: Dataset, names: Sequence[str], **params: Any) -> Iterator[Any]:
        """The requested items, `size` names at a time, without those that are gone.

        Raises `CallFailed` if the response does not mention a requested item; items that AWS could not describe are
        recorded with `Account.unread`.
        """
        for start in range(0, len(names), self.size):
            batch = list(names[start : start + self.size])
            request: dict[str, Any] = {self.takes: batch, **params}
            for answer in account.answers(self.operation, (self.member,), **request):
                self._account_for(account, dataset, batch, answer)
                yield from answer[self.member]

    def _account_for(self, account: Account, dataset: Dataset, batch: list[str], answer: Mapping[str, Any]) -> None:
        failed = {_name(failure): _reason(failure) for failure in answer.get(self.failures) or ()}
        answered = {thing.get(name) for thing in answer[self.member] for name in self.named} | failed.keys()
        lost = [name for name in batch if name not in answered]
        if lost:
            message = f"the answer says nothing of {len(lost)} of the {len(batch)} asked for, {lost[0]} among them"
            raise account.failed(self.operation, "truncated", message)
        for name, reason in failed.items():
            if reason != MISSING:
                message = f"AWS did not describe it: {reason}"
                account.unread(
                    dataset, name, CallFailed(self.operation, "invalid_request", reason, message, account.region)
                )


def counted(account: Account, operation: str, member: str, count: int, **params: Any) -> list[str]:
    """The names in a list that AWS counts elsewhere; none if what has them is gone.

    Asked for once more if there are fewer than `count`, as something may have gone since. Raises `CallFailed` if there
    still are.
    """
    listed: list[str] = []
    for _ in range(2):
        pages = list(account.answers(operation, (member,), may_be_gone=True, **params))
        listed = [name for page in pages for name in page[member]]
        if not pages or len(listed) >= count:
            return listed
    raise account.failed(operation, "truncated", f"it lists {len(listed)} of the {count} that DescribeClusters counts")


def _name(failure: Any) -> str:
    name: str = failure if isinstance(failure, str) else failure.get("arn", "")
    return name


def _reason(failure: Any) -> str:
    """The reason of a failure; a bare name means that the item was not found."""
    reason: str = MISSING if isinstance(failure, str) else failure.get("reason", "no reason given")
    return reason
