"""An account as a collector sees it: `call`, `pages`, `rows`; repeats and the ledger are behind it.

Cloud                 session, clients, pacing: one a worker
  Visit               one account's credentials, its repeats and its ledger
    Account           what a collector sees of it, in one region
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from pipeline.aws.failures import ASSUME_ROLE, ERRORS, CallFailed, CutAnswer, classed
from pipeline.aws.session import GLOBAL, Answer, Cloud, Memory, parts
from pipeline.schema import Call, Dataset, Row
from pipeline.settings import Settings

GET_CALLER_IDENTITY = "sts:GetCallerIdentity"
FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.5, 20.0
# Operations in a row that ran out of time before a service counts as not answering.
STRIKES = 2


@dataclass(frozen=True)
class Caller:
    """Whose credentials this worker runs with."""

    account_id: str
    arn: str

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]


class Visit:
    """One account during one run: its credentials, its repeats, its ledger. Used by one thread."""

    def __init__(self, cloud: Cloud, account_id: str, caller: Caller | None = None) -> None:
        self.cloud = cloud
        self.account_id = account_id
        self.caller = caller
        self._calls: dict[tuple[str, str], Call] = {}
        self._assumed: Credentials | None = None
        self._not_assumed: CallFailed | None = None
        self._timeouts: Counter[tuple[str, str]] = Counter()

    def ledger(self) -> list[Call]:
        """What was asked here, a row for each region and operation."""
        return [replace(call, account_id=self.account_id) for call in self._calls.values()]

    def send(
        self,
        operation: str,
        region: str,
        params: dict[str, Any],
        needs: Sequence[str] = (),
        expected: Sequence[str] = (),
    ) -> Answer | None:
        """One request with its repeats; None for an `expected` error code. Raises `CallFailed`.

        `needs` are members of which the answer must have one: without any it was cut.
        """
        attempt, endpoint = 0, (parts(operation)[0], region)
        while True:
            attempt += 1
            credentials = self._credentials_for(operation)
            if self._timeouts[endpoint] >= STRIKES:
                message = "not asked: the service has not answered earlier requests of this account in time"
                raise self.fail(CallFailed(operation, "timeout", None, message, region))
            self.cloud.pace(operation)
            started = time.perf_counter()
            try:
                answer = self.cloud.ask(operation, region, credentials, params)
                if needs and not any(name in answer for name in needs):
                    raise CutAnswer(f"the answer lacks {' and '.join(needs)}")
            except ERRORS as error:
                self._book(operation, region, attempts=1, seconds=time.perf_counter() - started)
                if isinstance(error, ClientError) and error.response["Error"].get("Code") in expected:
                    self._book(operation, region, calls=1, data_time=_date(error.response))
                    return None
                failed = classed(operation, region, error, is_trusted=region != GLOBAL)
                if not self._may_repeat(failed, attempt, endpoint):
                    raise self.fail(failed) from error
            else:
                self._timeouts.pop(endpoint, None)
                spent = time.perf_counter() - started
                self._book(operation, region, calls=1, attempts=1, seconds=spent, data_time=_date(answer))
                return answer

    def count(self, operation: str, region: str, rows: int) -> None:
        self._book(operation, region, rows=rows)

    def date(self, operation: str, region: str, moment: datetime | None) -> None:
        self._book(operation, region, data_time=moment)

    def _may_repeat(self, failed: CallFailed, attempt: int, endpoint: tuple[str, str]) -> bool:
        """Whether to try again; if so, after a pause of random length (full jitter)."""
        if failed.error_class == "expired_credentials" and self._assumed and attempt == 1:
            self._assumed = None  # a session lasts an hour: an account can take longer
            return True
        most = 1 if self._timeouts[endpoint] else self.cloud.settings.max_attempts
        if failed.is_transient and attempt < most:
            time.sleep(random.uniform(0, min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1))))
            return True
        if failed.error_class == "timeout":
            self._timeouts[endpoint] += 1
        return False

    def _credentials_for(self, operation: str) -> Any:
        is_own = self.caller is None or self.caller.account_id == self.account_id
        if is_own or operation == ASSUME_ROLE:
            return self.cloud.own_credentials
        if self._not_assumed:
            raise self._not_assumed
        if self._assumed is None:
            try:
                self._assumed = self._assume_role()
            except CallFailed as failed:
                self._not_assumed = failed
                raise
        return self._assumed

    def _assume_role(self) -> Credentials:
        settings, partition = (self.cloud.settings, self.caller.partition if self.caller else "aws")
        params = {
            "RoleArn": f"arn:{partition}:iam::{self.account_id}:role/{settings.role_name}",
            "RoleSessionName": settings.session_name,
        }
        if settings.external_id:
            params["ExternalId"] = settings.external_id
        answer = self.send(ASSUME_ROLE, GLOBAL, params, needs=("Credentials",))
        assert answer is not None
        found = answer["Credentials"]
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def _book(self, operation: str, region: str, data_time: datetime | None = None, **more: float) -> None:
        call = self._calls.get((region, operation)) or Call(self.account_id, region, operation, "ok")
        counts: dict[str, Any] = {name: getattr(call, name) + value for name, value in more.items()}
        self._calls[region, operation] = replace(call, data_time=data_time or call.data_time, **counts)

    def fail(self, failed: CallFailed) -> CallFailed:
        """Book an operation as failed."""
        self._book(failed.operation, failed.region)
        self._calls[failed.region, failed.operation] = replace(
            self._calls[failed.region, failed.operation],
            status="failed",
            error_class=failed.error_class,
            error_code=failed.error_code,
            message=failed.message,
        )
        return failed


class Account:
    """An account in a region (or `GLOBAL`), as a collector sees it; also the organization, seen by the caller."""

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
        """Rows of another dataset of this account and region; raises the `CallFailed` that it failed with."""
        self.at = at or (lambda elsewhere: Account(visit, elsewhere, rows))
        """The same account in another region."""

    @property
    def account_id(self) -> str:
        return self._visit.account_id

    @property
    def settings(self) -> Settings:
        return self._visit.cloud.settings

    @property
    def memory(self) -> Memory:
        """The nights before this one."""
        assert self._visit.cloud.memory
        return self._visit.cloud.memory

    def remembered(self, dataset: Dataset) -> list[Row]:
        """Rows of a dataset of this account and region from the last night on which it was read."""
        return self.memory.rows(dataset, self.account_id, self.region)

    def call(self, operation: str, **params: Any) -> Answer:
        """One answer: `call("iam:GetAccountSummary")`. Raises `CallFailed`."""
        answer = self.optional(operation, **params)
        assert answer is not None
        return answer

    def optional(self, operation: str, *expected: str, **params: Any) -> Answer | None:
        """One answer, or None where AWS answers with one of the `expected` error codes. Raises `CallFailed`."""
        answer = self._visit.send(operation, self.region, params, expected=expected)
        self._visit.count(operation, self.region, int(answer is not None))
        return answer

    def answers(
        self, operation: str, members: Sequence[str], expected: Sequence[str] = (), **params: Any
    ) -> Iterator[Answer]:
        """Every page of an operation, whole; each must have one of the `members`. Raises `CallFailed`.

        An `expected` error code is an answer without pages.
        """
        paging = self._visit.cloud.paging(operation)
        asked, token = {**(paging.limit if paging else {}), **params}, None
        while True:
            page = self._visit.send(operation, self.region, asked, members, expected)
            if page is None:
                return
            self._visit.count(operation, self.region, sum(len(page.get(member, ())) for member in members))
            yield page
            before, token = token, page.get(paging.output_token) if paging else None
            if paging is None or page.get("IsTruncated") is False or not (token or page.get("IsTruncated")):
                return
            if token in (before, None):
                raise self.failed(operation, "truncated", "there is more, but no new token to ask for it")
            asked[paging.input_token] = token

    def pages(self, operation: str, member: str, expected: Sequence[str] = (), **params: Any) -> Iterator[Any]:
        """The items of every page: `pages("iam:ListRoles", "Roles")`. Raises `CallFailed`."""
        for page in self.answers(operation, (member,), expected, **params):
            yield from page[member]

    def dated(self, operation: str, moment: datetime | None) -> None:
        """Book the time of the data where the answer itself says it."""
        self._visit.date(operation, self.region, moment)

    def failed(self, operation: str, error_class: str, message: str) -> CallFailed:
        """Book an operation as failed, though AWS answered, and return what to raise."""
        return self._visit.fail(CallFailed(operation, error_class, None, message, self.region))


def _date(answer: Any) -> datetime | None:
    """The Date header of an answer, in UTC without its zone."""
    text = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(text).replace(tzinfo=None) if text else None


def sign_in(visit: Visit) -> Caller:
    """Ask whose credentials these are; the visit is from then on one of that account. Raises `CallFailed`."""
    answer = visit.send(GET_CALLER_IDENTITY, GLOBAL, {}, needs=("Account",))
    assert answer is not None
    visit.account_id = answer["Account"]
    return Caller(answer["Account"], answer["Arn"])
