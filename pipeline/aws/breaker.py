"""Circuit breaker for unresponsive endpoints, shared by all accounts, so that not every account waits for them.

An operation that gets no response in several accounts in a row is suspended, and so is the whole endpoint (a service in
a Region) if several operations fail and none succeeds in between. One request a minute probes a suspended operation or
endpoint; the first success ends the suspension.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from pipeline.aws.failures import NOT_AWS, CallFailed

UNANSWERED = frozenset({"timeout", "connection", "server_error"})
ACCOUNTS = 3
"""Consecutive accounts without a response, after which an operation is suspended."""
PROBE_SECONDS = 60.0

OPERATIONS = 3
"""Operations of an endpoint without a response, after which the whole endpoint is suspended."""

Key = tuple[str, str]


@dataclass
class _Failing:
    accounts: set[str] = field(default_factory=set)
    operations: set[str] = field(default_factory=set)
    last: CallFailed | None = None
    probed_at: float = 0.0


class Breaker:
    """Thread-safe."""

    def __init__(self) -> None:
        self._failing: dict[Key, _Failing] = {}
        self._lock = threading.Lock()

    def refusal(self, operation: str, region: str) -> CallFailed | None:
        """Why an operation should not be called now; None if it may be."""
        with self._lock:
            for key, enough in zip(_keys(operation, region), (OPERATIONS, 1), strict=True):
                failing = self._failing.get(key)
                if failing is None or failing.last is None or len(failing.operations) < enough:
                    continue
                if len(failing.accounts) < _enough(failing.last):
                    continue
                if time.monotonic() - failing.probed_at >= PROBE_SECONDS:
                    failing.probed_at = time.monotonic()
                    continue
                last = failing.last
                message = f"not asked: no answer came to {len(failing.accounts)} accounts before (last: {last.message})"
                return CallFailed(operation, last.error_class, last.error_code, message, region)
        return None

    def failed(self, failed: CallFailed, account_id: str) -> None:
        """Record a call that failed after all its attempts."""
        if failed.error_class not in UNANSWERED | NOT_AWS:
            self.answered(failed.operation, failed.region)  # a denial is an answer
            return
        endpoint, of_operation = _keys(failed.operation, failed.region)
        with self._lock:
            for key in (endpoint, of_operation) if failed.error_class in UNANSWERED else (of_operation,):
                failing = self._failing.setdefault(key, _Failing())
                failing.accounts.add(account_id)
                failing.operations.add(failed.operation)
                failing.last, failing.probed_at = failed, time.monotonic()

    def answered(self, operation: str, region: str) -> None:
        """Record a response: ends a suspension."""
        if self._failing:
            with self._lock:
                for key in _keys(operation, region):
                    self._failing.pop(key, None)


def _keys(operation: str, region: str) -> tuple[Key, Key]:
    return (operation.partition(":")[0], region), (operation, region)


def _enough(last: CallFailed) -> int:
    """Number of accounts needed: one is enough if the operation is not implemented."""
    return 1 if last.error_class == "not_implemented" else ACCOUNTS
