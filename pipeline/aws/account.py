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
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.credentials import Credentials

from pipeline.aws.answers import always, check_members, named
from pipeline.aws.failures import ASSUME_ROLE, ERRORS, CallFailed, classed
from pipeline.aws.session import GLOBAL, Answer, Cloud, parts
from pipeline.schema import Call, Dataset, Row
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.collect.memory import Memory

GET_CALLER_IDENTITY = "sts:GetCallerIdentity"
FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.5, 20.0
# Operations in a row that ran out of time before a service counts as not answering.
STRIKES = 2
# Operations in a row, of whatever service, that failed after all their attempts: what follows is asked once each.
SICK = 4
MOST_PAGES = 20_000


@dataclass(frozen=True)
class Caller:
    """Whose credentials this worker runs with."""

    account_id: str
    arn: str

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]


class Visit:
    """One account during one run: its credentials, its repeats, its ledger. Used by one thread.

    `seconds` is the time that the account has, None for as long as the night; afterwards nothing more is asked.
    """

    def __init__(
        self, cloud: Cloud, account_id: str, caller: Caller | None = None, seconds: float | None = None
    ) -> None:
        self.cloud = cloud
        self.account_id = account_id
        self.caller = caller
        self._ends = time.monotonic() + seconds if seconds else None
        self._calls: dict[tuple[str, str], Call] = {}
        self._assumed: Credentials | None = None
        self._not_assumed: CallFailed | None = None
        self._timeouts: Counter[tuple[str, str]] = Counter()
        self._exhausted: Counter[tuple[str, str]] = Counter()
        self.closed_regions: frozenset[str] = frozenset()
        """Regions that the organization's SCPs close to everybody in the account."""
        self.unread: list[Row] = []
        """Records that could not be read: rows of `unread_records`."""

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
        may_be_gone: bool = False,
    ) -> Answer | None:
        """One request with its repeats. Raises `CallFailed`.

        None for an `expected` error code, and where what was asked about is not there any more (`may_be_gone`).
        `needs` are members of which the answer must have one: without any it was cut.
        """
        attempt, endpoint = 0, (parts(operation)[0], region)
        while True:
            attempt += 1
            credentials = self._credentials_for(operation)
            self._refuse(operation, region, endpoint)
            self.cloud.pace(operation)
            started = time.perf_counter()
            try:
                answer = self.cloud.ask(operation, region, credentials, params)
                check_members(answer, [*always(operation), *([[*needs]] if needs else [])])
            except ERRORS as error:
                self._book(operation, region, attempts=1, seconds=time.perf_counter() - started)
                failed = classed(operation, region, error, is_trusted=region != GLOBAL)
                if failed.error_code in expected or (may_be_gone and failed.error_class == "not_found"):
                    self._answered(operation, region, endpoint)
                    self._book(operation, region, calls=1, data_time=_date(getattr(error, "response", {})))
                    return None
                if not self._may_repeat(failed, attempt, endpoint):
                    self.cloud.breaker.failed(failed, self.account_id)
                    raise self.fail(failed) from error
            else:
                self._answered(operation, region, endpoint)
                spent = time.perf_counter() - started
                self._book(operation, region, calls=1, attempts=1, seconds=spent, data_time=_date(answer))
                found: Answer = named(answer, operation)
                return found

    def _refuse(self, operation: str, region: str, endpoint: tuple[str, str]) -> None:
        """Raises `CallFailed` for what is not asked any more: too late, or it does not answer."""
        if refused := self.cloud.breaker.refusal(operation, region):
            raise self.fail(refused)
        if self._timeouts[endpoint] >= STRIKES:
            message = "not asked: the service has not answered earlier requests of this account in time"
            raise self.fail(CallFailed(operation, "timeout", None, message, region))
        if self._left() <= 0:
            which = "the account" if self._ends and self._ends <= time.monotonic() else "the night"
            setting = "account_timeout_minutes" if which == "the account" else "night_timeout_hours"
            message = f"not asked: {which} has had its time (setting {setting})"
            raise self.fail(CallFailed(operation, "deadline", None, message, region))

    def _left(self) -> float:
        """Seconds that are left to the account and the night."""
        ends = [moment for moment in (self._ends, self.cloud.ends) if moment is not None]
        return min(ends) - time.monotonic() if ends else float("inf")

    def _answered(self, operation: str, region: str, endpoint: tuple[str, str]) -> None:
        self._timeouts.pop(endpoint, None)
        self._exhausted.clear()
        self.cloud.breaker.answered(operation, region)

    def count(self, operation: str, region: str, rows: int) -> None:
        self._book(operation, region, rows=rows)

    def date(self, operation: str, region: str, moment: datetime | None) -> None:
        self._book(operation, region, data_time=moment)

    def _may_repeat(self, failed: CallFailed, attempt: int, endpoint: tuple[str, str]) -> bool:
        """Whether to try again; if so, after a pause of random length (full jitter)."""
        if attempt == 1 and failed.error_class in ("expired_credentials", "clock_skew"):
            # A session lasts an hour, and an account can take longer; EC2 says RequestExpired of it.
            self._assumed = None
            if failed.error_class == "expired_credentials":
                return True
        if failed.is_transient and attempt < self._most_attempts(endpoint):
            pause = random.uniform(0, min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1)))
            if pause < self._left():
                time.sleep(pause)
                return True
        if failed.error_class == "timeout":
            self._timeouts[endpoint] += 1
        if failed.is_transient:
            self._exhausted[endpoint] += 1
        return False

    def _most_attempts(self, endpoint: tuple[str, str]) -> int:
        """One, where the service has just failed in all attempts at other operations, or everything has."""
        is_sick = self._timeouts[endpoint] or self._exhausted[endpoint] >= STRIKES
        return 1 if is_sick or self._exhausted.total() >= SICK else self.cloud.settings.max_attempts

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
        answer = self._visit.send(operation, self.region, params)
        assert answer is not None
        self._visit.count(operation, self.region, 1)
        return answer

    def optional(self, operation: str, *expected: str, **params: Any) -> Answer | None:
        """One answer about one thing, or None: it is gone, or AWS answers with one of the `expected` error codes.

        Gone is any way of AWS to say that a thing is not there (class `not_found`). Raises `CallFailed`.
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
        """Every page of an operation, whole; each must have one of the `members`. Raises `CallFailed`.

        An `expected` error code is an answer without pages; so is, with `may_be_gone`, that of a thing that is not
        there any more, also half way.
        """
        paging = self._visit.cloud.paging(operation)
        asked: dict[str, Any] = {**(paging.limit if paging else {}), **params}
        seen: set[str] = set()
        while True:
            page = self._visit.send(operation, self.region, asked, members, expected, may_be_gone)
            if page is None:
                return
            self._visit.count(operation, self.region, sum(len(page.get(member) or ()) for member in members))
            yield page
            token = self.further(operation, page, seen)
            if token is None or paging is None:
                return
            asked[paging.input_token] = token

    def further(self, operation: str, page: Answer, seen: set[str]) -> str | None:
        """The token to ask for the page after this one with; None after the last. Raises `CallFailed`.

        `seen` are the tokens of this reading so far: one that comes again leads in a circle.
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
        """Book that one record of a dataset could not be read. Raises it where the record is the whole extract, and
        in what is read once for the organization: there everything may hang on the record.
        """
        if resource is None or dataset.scope == "organization":
            raise failed
        row: Row = {"account_id": self.account_id, "region": self.region if dataset.scope == "region" else GLOBAL}
        row |= {"dataset": dataset.name, "resource": resource, "operation": failed.operation}
        row |= {"error_class": failed.error_class, "error_code": failed.error_code, "message": failed.message}
        self._visit.unread.append(row)

    @property
    def closed_regions(self) -> frozenset[str]:
        """Regions that the organization's SCPs close to everybody in the account."""
        return self._visit.closed_regions

    def regions(self) -> list[str]:
        """Every region of the caller's partition that botocore knows, that of the run's configuration first."""
        cloud, caller = self._visit.cloud, self._visit.caller
        known = cloud.regions(caller.partition if caller else "aws")
        return sorted(known, key=lambda region: region != cloud.home_region)

    def dated(self, operation: str, moment: datetime | None) -> None:
        """Book the time of the data where the answer itself says it."""
        self._visit.date(operation, self.region, moment)

    def failed(self, operation: str, error_class: str, message: str) -> CallFailed:
        """Book an operation as failed, though AWS answered, and return what to raise."""
        return self._visit.fail(CallFailed(operation, error_class, None, message, self.region))


def _date(answer: Any) -> datetime | None:
    """The Date header of an answer, in UTC without its zone; None where there is none that can be read."""
    text = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment and moment.tzinfo else moment


def sign_in(visit: Visit) -> Caller:
    """Ask whose credentials these are; the visit is from then on one of that account. Raises `CallFailed`."""
    answer = visit.send(GET_CALLER_IDENTITY, GLOBAL, {})
    assert answer is not None
    visit.account_id = answer["Account"]
    return Caller(answer["Account"], answer["Arn"])
