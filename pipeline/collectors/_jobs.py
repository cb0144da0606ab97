"""Waiting for reports that AWS generates asynchronously."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.aws.account import Account

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, POLLS = 0.5, 8.0, 10
PAGE = 1000
FAILED = "FAILED"


def answers(account: Account, operation: str, job_id: str) -> list[dict[str, Any]]:
    """The pages of one report, as `all_answers` has them."""
    return next(pages for _, pages in all_answers(account, operation, {"": job_id}))


def all_answers(
    account: Account, operation: str, job_ids: Mapping[str, str]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The pages of each report, by its name in `job_ids`, in the order in which they are finished.

    One page with `JobStatus` FAILED where AWS gave up. What is not finished is asked for again after a pause, all of it
    after the same one. Raises `CallFailed`.
    """
    waiting, pause = dict(job_ids), FIRST_PAUSE_SECONDS
    for _ in range(POLLS):
        for name, job_id in list(waiting.items()):
            asked: dict[str, Any] = {"JobId": job_id, "MaxItems": PAGE}
            answer = account.call(operation, **asked)
            if answer["JobStatus"] != "IN_PROGRESS":
                del waiting[name]
                yield name, [answer, *_further(account, operation, asked, answer)]
        if not waiting:
            return
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    raise account.failed(operation, "timeout", f"a report was not complete after {POLLS} requests")


def _further(
    account: Account, operation: str, asked: dict[str, Any], answer: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    while answer.get("IsTruncated"):
        answer = account.call(operation, **asked, Marker=answer["Marker"])
        yield answer
