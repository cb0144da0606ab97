"""Waiting for a report that AWS makes in the background."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from pipeline.aws import Account

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, POLLS = 0.5, 8.0, 10
PAGE = 1000
FAILED = "FAILED"


def answers(account: Account, operation: str, job_id: str) -> Iterator[dict[str, Any]]:
    """The pages of a finished report; one page with `JobStatus` FAILED where AWS gave up. Raises `CallFailed`."""
    asked: dict[str, Any] = {"JobId": job_id, "MaxItems": PAGE}
    answer = _finished(account, operation, asked)
    yield answer
    while answer.get("IsTruncated"):
        answer = account.call(operation, **asked, Marker=answer["Marker"])
        yield answer


def _finished(account: Account, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
    pause = FIRST_PAUSE_SECONDS
    for _ in range(POLLS):
        answer = account.call(operation, **asked)
        if answer["JobStatus"] != "IN_PROGRESS":
            return answer
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    raise account.failed(operation, "timeout", f"a report was not complete after {POLLS} requests")
