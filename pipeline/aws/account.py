"""An account as a collector sees it: `call`, `pages`, `rows`. Retries and the ledger are handled underneath.

Cloud                 session, clients, pacing: one per worker
  Visit               one account's credentials, retries and ledger
    Account           the collector's view of it, in one Region
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pipeline.aws.failures import CallFailed
from pipeline.aws.session import GLOBAL, Answer, Memory
from pipeline.aws.visit import Visit
from pipeline.schema import Dataset, Extract, Row
from pipeline.settings import Settings

# A reading of more pages is in a circle that no token gives away.
MOST_PAGES = 20_000


class Account:
    """A collector's view of an account in one Region (or `GLOBAL`); also of the organization, as seen by the caller."""

    def __init__(
        self,
        visit: Visit,
        region: str,
        rows: Callable[[str], list[Row]],
        at: Callable[[str], Account] | None = None,
    ) -> None:
        self._visit = visit
        self.region = region
        self.rows = rows
        """Rows of another dataset of this account and Region; raises its `CallFailed` if that dataset failed."""
        self.at = at or (lambda elsewhere: Account(visit, elsewhere, rows))
        """The same account in another Region."""

    @property
    def account_id(self) -> str:
        return self._visit.account_id

    @property
    def partition(self) -> str:
        """Of the credentials that this worker runs as."""
        return self._visit.caller.partition if self._visit.caller else "aws"

    @property
    def settings(self) -> Settings:
        return self._visit.cloud.settings

    @property
    def memory(self) -> Memory:
        """Data of earlier nights."""
        assert self._visit.cloud.memory
        return self._visit.cloud.memory

    def remembered(self, dataset: Dataset) -> list[Row]:
        """Rows of a dataset of this account and Region from the last night on which it was read."""
        return self.memory.rows(dataset, self.account_id, self.region)

    def last(self, dataset: Dataset) -> Extract | None:
        """This dataset's extract of the last night, if every record could be read; None if nothing answers tonight."""
        return self.memory.last(dataset, self.account_id, self.region) if self._visit.has_answered else None

    def of_last_night(self, dataset: Dataset) -> list[Row] | None:
        """The rows of that extract."""
        return None if self.last(dataset) is None else self.remembered(dataset)

    def keep(self, dataset: Dataset) -> None:
        """Note that rows of earlier nights are kept, each for less than a week."""
        self._visit.kept.add((dataset.name, self.region))

    def call(self, operation: str, **params: Any) -> Answer:
        """One response: `call("iam:GetAccountSummary")`. Raises `CallFailed`."""
        answer = self._visit.send(operation, self.region, params)
        assert answer is not None
        self._visit.count(operation, self.region, 1)
        return answer

    def optional(self, operation: str, *expected: str, **params: Any) -> Answer | None:
        """One response about one resource; None if it is gone, or for one of the `expected` error codes.

        Gone means any AWS error for a missing resource (class `not_found`). Raises `CallFailed`.
        """
        answer = self._visit.send(operation, self.region, params, expected=expected, may_be_gone=True)
        self._visit.count(operation, self.region, int(answer is not None))
        return answer

    def answers(
        self,
        operation: str,
        members: Sequence[str],
        expected: Sequence[str] = (),
        may_be_gone: bool = False,
        **params: Any,
    ) -> Iterator[Answer]:
        """Every page of an operation; each must have one of the `members`. Raises `CallFailed`.

        An `expected` error code means no pages; with `may_be_gone`, so does a resource that no longer exists, even
        between pages.
        """
        paging = self._visit.cloud.paging(operation)
        request: dict[str, Any] = {**(paging.limit if paging else {}), **params}
        seen: set[str] = set()
        while True:
            page = self._visit.send(operation, self.region, request, members, expected, may_be_gone)
            if page is None:
                return
            self._visit.count(operation, self.region, sum(len(page.get(member) or ()) for member in members))
            yield page
            token = self.further(operation, page, seen)
            if token is None or paging is None:
                return
            request[paging.input_token] = token

    def further(self, operation: str, page: Answer, seen: set[str]) -> str | None:
        """The token for the next page; None after the last. Raises `CallFailed`.

        `seen` are the tokens so far: a repeated token would loop for ever.
        """
        paging = self._visit.cloud.paging(operation)
        token: str | None = page.get(paging.output_token) if paging else None
        if paging is None or page.get("IsTruncated") is False or not (token or page.get("IsTruncated")):
            return None
        if not token or token in seen:
            raise self.failed(operation, "truncated", "there is more, but no new token to ask for it")
        if len(seen) >= MOST_PAGES:
            raise self.failed(operation, "truncated", f"there are more than {MOST_PAGES} pages")
        seen.add(token)
        return token

    def pages(
        self,
        operation: str,
        member: str,
        expected: Sequence[str] = (),
        may_be_gone: bool = False,
        **params: Any,
    ) -> Iterator[Any]:
        """The items of every page: `pages("iam:ListRoles", "Roles")`. Raises `CallFailed`."""
        for page in self.answers(operation, (member,), expected, may_be_gone, **params):
            yield from page[member]

    def unread(self, dataset: Dataset, resource: str | None, failed: CallFailed) -> None:
        """Note that one record of a dataset could not be read.

        Raises the failure if the record is the whole extract, and for datasets of the organization, where everything
        may depend on the record.
        """
        if resource is None or dataset.scope == "organization":
            raise failed
        row: Row = {"account_id": self.account_id, "region": self.region if dataset.scope == "region" else GLOBAL}
        row |= {"dataset": dataset.name, "resource": resource, "operation": failed.operation}
        row |= {"error_class": failed.error_class, "error_code": failed.error_code, "message": failed.message}
        self._visit.unread.append(row)

    @property
    def closed_regions(self) -> frozenset[str]:
        """Regions that the organization's SCPs deny to everybody in the account."""
        return self._visit.closed_regions

    def regions(self) -> list[str]:
        """Every Region of the caller's partition known to botocore, the configured one first."""
        cloud, caller = self._visit.cloud, self._visit.caller
        regions = cloud.regions(caller.partition if caller else "aws")
        return sorted(regions, key=lambda region: region != cloud.home_region)

    def dated(self, operation: str, moment: datetime | None) -> None:
        """Record the time of the data, if the response contains it."""
        self._visit.date(operation, self.region, moment)

    def failed(self, operation: str, error_class: str, message: str) -> CallFailed:
        """Record an operation as failed although AWS answered. Returns the exception to raise."""
        return self._visit.fail(CallFailed(operation, error_class, None, message, self.region))
