"""Waiting for reports that AWS generates asynchronously."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, POLLS = 0.5, 8.0, 10
PAGE = 1000
FAILED, IN_PROGRESS = "FAILED", "IN_PROGRESS"

Pages = list[dict[str, Any]]


def answers(account: Account, operation: str, job_id: str, member: str) -> Pages:
    """The pages of one report, as `all_answers` has them. Raises `CallFailed`."""
    pages = next(report for _, report in all_answers(account, operation, {"": job_id}, member))
    if isinstance(pages, CallFailed):
        raise pages
    return pages


def all_answers(
    account: Account, operation: str, job_ids: Mapping[str, str], member: str
) -> Iterator[tuple[str, Pages | CallFailed]]:
    """The pages of each report, by its name in `job_ids`, in order of completion, or the failure.

    A report that AWS gave up on has one page with `JobStatus` FAILED. Unfinished reports are requested again after a
    common pause; finished ones that lack their `member` once more. Raises `CallFailed` if no report could be read.
    """
    waiting, pause, failed, read = dict(job_ids), FIRST_PAUSE_SECONDS, None, 0
    cut: set[str] = set()
    for _ in range(POLLS):
        for name, job_id in list(waiting.items()):
            request: dict[str, Any] = {"JobId": job_id, "MaxItems": PAGE}
            try:
                answer = account.call(operation, **request)
                is_cut = answer["JobStatus"] not in (FAILED, IN_PROGRESS) and member not in answer
                if is_cut and name in cut:
                    why = f"a report is {answer['JobStatus']}, but the answer lacks {member}"
                    raise account.failed(operation, "truncated", why)
                if is_cut or answer["JobStatus"] == IN_PROGRESS:
                    cut |= {name} if is_cut else set()
                    continue
                pages = [answer, *_further(account, operation, request, answer, member)]
            except CallFailed as error:
                failed = error
                yield name, error
            else:
                read += 1
                yield name, pages
            del waiting[name]
        if not waiting:
            break
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    else:
        for name in waiting:
            failed = account.failed(operation, "timeout", f"a report was not complete after {POLLS} requests")
            yield name, failed
    if failed and not read:
        raise failed


def _further(
    account: Account, operation: str, request: dict[str, Any], answer: dict[str, Any], member: str
) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    while token := account.further(operation, answer, seen):
        answer = next(account.answers(operation, (member,), **request, Marker=token))
        yield answer
