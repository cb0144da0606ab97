"""Endpoints that give no answer are left alone, and probed."""

from __future__ import annotations

import pytest

from pipeline.aws import breaker
from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed, NoAwsAnswer
from pipeline.aws.visit import Visit
from tests.pipeline.aws.support import (
    CALLER,
    MEMBER,
    TIMEOUT,
    ScriptedCloud,
    account,
    answer,
    booked,
    error,
)


def test_what_answers_no_aws_error_is_asked_once() -> None:
    found, visit, scripted = account({"iam:A": [NoAwsAnswer(403, b"<html>no</html>")]}, max_attempts=6)
    with pytest.raises(CallFailed, match="not_aws: HTTP status 403 without an error of AWS: no"):
        found.call("iam:A")
    assert scripted.operations().count("iam:A") == 1
    assert booked(visit, "iam:A").error_class == "not_aws"


def visits(scripted: ScriptedCloud, count: int, operation: str) -> list[str]:
    """How the operation failed in each of so many accounts, one after the other."""
    failed = []
    for number in range(count):
        visit = Visit(scripted, f"{number:012}", CALLER)  # type: ignore[arg-type]
        with pytest.raises(CallFailed) as caught:
            Account(visit, "us-east-1", rows=lambda name: []).call(operation)
        failed.append(caught.value.message)
    return failed


@pytest.mark.parametrize(
    ("trouble", "accounts", "asked"),
    [
        (error("InternalFailure", status=500), 3, 3 * 2),
        (TIMEOUT, 3, 3 * 2),
        (NoAwsAnswer(404, b"<html>"), 3, 3),
        (NoAwsAnswer(501, b""), 1, 1),
    ],
)
def test_a_service_that_answers_no_account_is_left_alone(trouble: Exception, accounts: int, asked: int) -> None:
    scripted = ScriptedCloud({"eks:A": [trouble]}, max_attempts=2)
    failed = visits(scripted, 8, "eks:A")
    assert scripted.operations().count("eks:A") == asked
    assert [said.startswith("not asked: no answer came") for said in failed] == [n >= accounts for n in range(8)]


@pytest.mark.parametrize("trouble", [error("AccessDenied", status=403), error("Throttling"), error("ValidationError")])
def test_what_is_between_a_service_and_one_account_is_no_matter_of_the_others(trouble: Exception) -> None:
    scripted = ScriptedCloud({"eks:A": [trouble]}, max_attempts=2)
    assert not any(said.startswith("not asked") for said in visits(scripted, 6, "eks:A"))


def test_what_is_left_alone_is_tried_again_and_asked_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = ScriptedCloud({"eks:A": [error("InternalFailure", status=500)]}, max_attempts=2)
    visits(scripted, 4, "eks:A")
    monkeypatch.setattr(breaker, "PROBE_SECONDS", 0.0)
    scripted.script["eks:A"] = [answer(x=1)]
    for number in range(3):
        visit = Visit(scripted, f"{number:012}", CALLER)  # type: ignore[arg-type]
        assert Account(visit, "us-east-1", rows=lambda name: []).call("eks:A")["x"] == 1


def test_one_operation_that_never_answers_does_not_cost_the_service() -> None:
    scripted = ScriptedCloud({"eks:A": [TIMEOUT], "eks:B": [answer(x=1)]}, max_attempts=1)
    visits(scripted, 4, "eks:A")
    visit = Visit(scripted, MEMBER, CALLER)  # type: ignore[arg-type]
    assert Account(visit, "us-east-1", rows=lambda name: []).call("eks:B")["x"] == 1


def test_a_service_of_which_no_operation_answers_is_left_alone_whole() -> None:
    scripted = ScriptedCloud({f"eks:{name}": [error("InternalFailure", status=500)] for name in "ABCD"}, max_attempts=1)
    for name in "ABC":
        visits(scripted, 3, f"eks:{name}")
    assert all(said.startswith("not asked") for said in visits(scripted, 2, "eks:D"))
