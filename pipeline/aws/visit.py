"""One account during one run: its credentials, retries and ledger.

Every request goes through `Visit.send`: it rejects calls that are suspended or too late, checks that the response is
complete, classifies failures, retries transient ones, and records everything in the ledger.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.credentials import Credentials

from pipeline.aws.answers import always, check_members, named
from pipeline.aws.failures import ASSUME_ROLE, ERRORS, CallFailed, classed
from pipeline.aws.members import UNLISTED
from pipeline.aws.permissions import management_only
from pipeline.aws.session import GLOBAL, Answer, Cloud, parts
from pipeline.schema import Call, Row

GET_CALLER_IDENTITY = "sts:GetCallerIdentity"
FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.5, 20.0
# Operations in a row that ran out of time before a service counts as not answering.
STRIKES = 2
# Operations in a row, of whatever service, that failed after all their attempts: what follows is asked once each.
SICK = 4


@dataclass(frozen=True)
class Caller:
    """The identity that this worker runs as."""

    account_id: str
    arn: str

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]


class Visit:
    """One account during one run: its credentials, retries and ledger. Used by one thread.

    `seconds` is the account's time limit, None for the night's; after it no more calls are made.
    """

    def __init__(
        self, cloud: Cloud, account_id: str, caller: Caller | None = None, seconds: float | None = None
    ) -> None:
        self.cloud = cloud
        self.account_id = account_id
        self.caller = caller
        self.is_of_organization = False
        """Whether the caller's credentials are used, except for what only the management account may ask."""
        self.asked = 0
        """Requests sent."""
        self.has_answered = False
        """Whether any request was answered: the account can be read."""
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
        self.kept: set[tuple[str, str]] = set()
        """Datasets and Regions of which rows of earlier nights are kept."""
        self._unlisted: Counter[tuple[str, str, str]] = Counter()

    def ledger(self) -> list[Call]:
        """The calls made here, one row per Region and operation."""
        return [replace(call, account_id=self.account_id) for call in self._calls.values()]

    def unlisted(self) -> list[Row]:
        """Members of responses that botocore's models do not have: rows of `unlisted_members`."""
        return [
            {"account_id": self.account_id, "region": region, "operation": operation, "member": member, "times": times}
            for (region, operation, member), times in sorted(self._unlisted.items())
        ]

    def send(
        self,
        operation: str,
        region: str,
        params: dict[str, Any],
        needs: Sequence[str] = (),
        expected: Sequence[str] = (),
        may_be_gone: bool = False,
    ) -> Answer | None:
        """Send one request, with retries. Raises `CallFailed`.

        Returns None for an `expected` error code, and with `may_be_gone` for a resource that no longer exists. The
        response must have one of the members in `needs`; otherwise it counts as truncated.
        """
        attempt, endpoint = 0, (parts(operation)[0], region)
        while True:
            attempt += 1
            credentials = self._credentials_for(operation)
            self._refuse(operation, region, endpoint)
            self.cloud.pace(operation)
            self.asked += 1
            started = time.perf_counter()
            try:
                answer = self.cloud.ask(operation, region, credentials, params)
                self._unlisted.update((region, operation, member) for member in answer.pop(UNLISTED, ()))
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
                    # Without its cause, which may quote an address with a password.
                    raise self.fail(failed) from None
            else:
                self._answered(operation, region, endpoint)
                spent = time.perf_counter() - started
                self._book(operation, region, calls=1, attempts=1, seconds=spent, data_time=_date(answer))
                members: Answer = named(answer, operation)
                return members

    def _refuse(self, operation: str, region: str, endpoint: tuple[str, str]) -> None:
        """Raise `CallFailed` for a call that should not be made: past the deadline, or suspended."""
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
        """Seconds left before the account's or the night's deadline."""
        ends = [moment for moment in (self._ends, self.cloud.ends) if moment is not None]
        return min(ends) - time.monotonic() if ends else float("inf")

    def _answered(self, operation: str, region: str, endpoint: tuple[str, str]) -> None:
        self.has_answered = True
        self._timeouts.pop(endpoint, None)
        self._exhausted.clear()
        self.cloud.breaker.answered(operation, region)

    def count(self, operation: str, region: str, rows: int) -> None:
        self._book(operation, region, rows=rows)

    def date(self, operation: str, region: str, moment: datetime | None) -> None:
        self._book(operation, region, data_time=moment)

    def _may_repeat(self, failed: CallFailed, attempt: int, endpoint: tuple[str, str]) -> bool:
        """Whether to retry; if so, after a random pause (full jitter)."""
        if attempt == 1 and failed.error_class in ("expired_credentials", "clock_skew"):
            # A session lasts an hour, and an account can take longer; EC2 says RequestExpired of it.
            self._assumed = None
            if failed.error_class == "expired_credentials":
                return True
        # AWS words its own failures: a plain 500 is more often an emulator's than a gateway's.
        most = min(2, self._most_attempts(endpoint)) if failed.error_code == "500" else self._most_attempts(endpoint)
        if failed.is_transient and attempt < most:
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
        """The maximum number of attempts: one, if the service's other operations, or all services, just failed."""
        is_sick = self._timeouts[endpoint] or self._exhausted[endpoint] >= STRIKES
        return 1 if is_sick or self._exhausted.total() >= SICK else self.cloud.settings.max_attempts

    def _credentials_for(self, operation: str) -> Any:
        is_own = self.caller is None or self.caller.account_id == self.account_id
        is_own |= self.is_of_organization and operation not in management_only()
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
        optional = {
            "ExternalId": settings.external_id,
            "SourceIdentity": settings.source_identity,
            "Policy": self.cloud.session_policy,
            "Tags": [dict(zip(("Key", "Value"), tag.split("=", 1), strict=True)) for tag in settings.session_tags],
        }
        params = {
            "RoleArn": f"arn:{partition}:iam::{self.account_id}:role/{settings.role_name}",
            "RoleSessionName": settings.session_name,
            "DurationSeconds": settings.session_minutes * 60,
            **{name: value for name, value in optional.items() if value},
        }
        answer = self.send(ASSUME_ROLE, GLOBAL, params, needs=("Credentials",))
        assert answer is not None
        credentials = answer["Credentials"]
        return Credentials(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])

    def _book(self, operation: str, region: str, data_time: datetime | None = None, **more: float) -> None:
        call = self._calls.get((region, operation)) or Call(self.account_id, region, operation, "ok")
        counts: dict[str, Any] = {name: getattr(call, name) + value for name, value in more.items()}
        self._calls[region, operation] = replace(call, data_time=data_time or call.data_time, **counts)

    def fail(self, failed: CallFailed) -> CallFailed:
        """Record an operation as failed."""
        self._book(failed.operation, failed.region)
        self._calls[failed.region, failed.operation] = replace(
            self._calls[failed.region, failed.operation],
            status="failed",
            error_class=failed.error_class,
            error_code=failed.error_code,
            message=failed.message,
        )
        return failed


def _date(answer: Any) -> datetime | None:
    """The Date header of a response as naive UTC; None if missing or invalid."""
    text = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment and moment.tzinfo else moment


def sign_in(visit: Visit) -> Caller:
    """Determine the identity of the credentials; the visit then is of that account. Raises `CallFailed`."""
    answer = visit.send(GET_CALLER_IDENTITY, GLOBAL, {})
    assert answer is not None
    visit.account_id = answer["Account"]
    return Caller(answer["Account"], answer["Arn"])
