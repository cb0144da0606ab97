"""An account as collectors see it: answers, pages, and members that are missing."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.aws.answers import MemberMissing
from pipeline.aws.failures import CallFailed
from tests.pipeline.aws.support import (
    account,
    answer,
    booked,
    error,
)
def test_classes_of_errors(raised: Exception, expected: str) -> None:
    assert classed("iam:X", GLOBAL, raised).error_class == expected


def test_a_denied_assume_role_has_its_own_class() -> None:
    assert classed("sts:AssumeRole", GLOBAL, error("AccessDenied", status=403)).error_class == "assume_role_failed"


def test_credentials_that_work_elsewhere_are_refused_by_a_region_and_not_the_region_by_aws() -> None:
    failed = classed("sso:ListInstances", "ap-east-1", error("UnrecognizedClientException"), is_trusted=True)
    assert failed.error_class == "token_refused"
    skewed = classed("sso:ListInstances", "ap-east-1", error("InvalidSignatureException", SKEWED), is_trusted=True)
    assert skewed.error_class == "clock_skew"


def test_role_is_assumed_once_in_the_partition_of_the_caller() -> None:
    found, visit, scripted = account({"iam:A": [answer(x=1)], "iam:B": [answer(x=2)]}, external_id="me", role_name="R")
    found.call("iam:A")
    found.call("iam:B")
    assert scripted.operations() == ["sts:AssumeRole", "iam:A", "iam:B"]
    assert scripted.asked[0][2:] == (
        "OWN",
        {"RoleArn": f"arn:aws-us-gov:iam::{MEMBER}:role/R", "RoleSessionName": "rolecall", "ExternalId": "me"},
    )
    assert scripted.asked[1][2] == "ASIA"
    assert booked(visit, "iam:A").data_time == datetime(2026, 11, 20, 2)


def test_own_account_needs_no_role() -> None:
    scripted = ScriptedCloud({"iam:A": [answer(x=1)]})
    Account(Visit(scripted, CALLER.account_id, CALLER), GLOBAL, rows=lambda name: []).call("iam:A")  # type: ignore[arg-type]
    assert scripted.operations() == ["iam:A"]


def test_a_refused_role_is_asked_for_once_and_fails_everything() -> None:
    found, visit, scripted = account({"sts:AssumeRole": [error("AccessDenied", "no", 403)]})
    for operation in ("iam:A", "iam:B"):
        with pytest.raises(CallFailed, match="assume_role_failed") as caught:
            found.call(operation)
        assert caught.value.operation == "sts:AssumeRole"
    assert scripted.operations() == ["sts:AssumeRole"]
    assert [call.operation for call in visit.ledger()] == ["sts:AssumeRole"]


@pytest.mark.parametrize("trouble", [error("Throttling"), error("ServiceFailure", status=500), TIMEOUT, CutAnswer("x")])
def test_passing_trouble_is_repeated(trouble: Exception, pauses: list[float]) -> None:
    found, visit, _ = account({"iam:A": [trouble, trouble, answer(x=1)]})
    assert found.call("iam:A")["x"] == 1
    call = booked(visit, "iam:A")
    assert (call.status, call.calls, call.attempts, call.rows) == ("ok", 1, 3, 1)
    assert len(pauses) == 2
    assert 0 <= pauses[0] <= aws.FIRST_BACKOFF_SECONDS
    assert pauses[1] <= 2 * aws.FIRST_BACKOFF_SECONDS


def test_a_denial_is_not_repeated() -> None:
    found, visit, scripted = account({"iam:A": [error("AccessDenied", "in a service control policy", 403)]})
    with pytest.raises(CallFailed):
        found.call("iam:A")
    call = booked(visit, "iam:A")
    assert (call.status, call.error_class, call.error_code, call.attempts) == ("failed", "scp_deny", "AccessDenied", 1)
    assert scripted.operations().count("iam:A") == 1


def test_lasting_trouble_ends_after_the_attempts_of_the_settings() -> None:
    found, visit, scripted = account({"iam:A": [error("Throttling", "Rate exceeded")]}, max_attempts=4)
    with pytest.raises(CallFailed, match="Rate exceeded"):
        found.call("iam:A")
    assert scripted.operations().count("iam:A") == 4
    assert booked(visit, "iam:A").error_class == "throttled"


def test_an_expired_session_is_renewed_once() -> None:
    found, _, scripted = account({"iam:A": [error("ExpiredToken", status=403), answer(x=1)]})
    found.call("iam:A")
    assert scripted.operations() == ["sts:AssumeRole", "iam:A", "sts:AssumeRole", "iam:A"]
    scripted.script["iam:A"] = [error("ExpiredToken", status=403)]
    with pytest.raises(CallFailed, match="expired_credentials"):
        found.call("iam:A")


def test_a_service_that_does_not_answer_is_given_up() -> None:
    """6 waits for the first operation, one for the second, none for what follows; another service is still asked."""
    script = {name: [TIMEOUT] for name in ("iam:A", "iam:B", "iam:C")} | {"account:D": [answer(x=1)]}
    found, visit, scripted = account(script, max_attempts=6)
    for operation in ("iam:A", "iam:B", "iam:C"):
        with pytest.raises(CallFailed, match="timeout"):
            found.call(operation)
    found.call("account:D")
    assert [scripted.operations().count(o) for o in ("iam:A", "iam:B", "iam:C")] == [6, 1, 0]
    assert "not asked" in booked(visit, "iam:C").message


def test_one_slow_operation_does_not_give_up_a_service() -> None:
    found, _, _ = account({"iam:A": [TIMEOUT], "iam:B": [answer(x=1)], "iam:C": [TIMEOUT, answer(x=1)]}, max_attempts=2)
    with pytest.raises(CallFailed):
        found.call("iam:A")
    found.call("iam:B")
    assert found.call("iam:C")["x"] == 1


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


def test_a_plain_500_is_asked_twice() -> None:
    found, _, scripted = account({"iam:A": [NoAwsAnswer(500, b"<html>")]}, max_attempts=6)
    with pytest.raises(CallFailed, match="server_error"):
        found.call("iam:A")
    assert scripted.operations().count("iam:A") == 2


def test_when_everything_fails_it_is_asked_once_each() -> None:
    names = [f"{service}:A" for service in ("iam", "eks", "ecs", "ssm", "ram", "iot")]
    found, _, scripted = account({name: [error("InternalFailure", status=500)] for name in names}, max_attempts=5)
    for name in names:
        with pytest.raises(CallFailed):
            found.call(name)
    assert [scripted.operations().count(name) for name in names] == [5, 5, 5, 5, 1, 1]


@pytest.mark.parametrize(
    ("whose", "setting"), [("account", "account_timeout_minutes"), ("night", "night_timeout_hours")]
)
def test_an_account_and_a_night_end(whose: str, setting: str) -> None:
    scripted = ScriptedCloud({"iam:A": [answer(x=1)]})
    scripted.ends = time.monotonic() - 1 if whose == "night" else None
    visit = Visit(scripted, CALLER.account_id, CALLER, seconds=1e-9 if whose == "account" else None)  # type: ignore[arg-type]
    with pytest.raises(CallFailed, match=f"deadline: not asked: the {whose} has had its time .setting {setting}"):
        Account(visit, GLOBAL, rows=lambda name: []).call("iam:A")
    assert scripted.operations() == []


def test_a_date_that_is_none_is_no_time_of_the_data() -> None:
    odd = {"x": 1, "ResponseMetadata": {"HTTPHeaders": {"date": "the day before yesterday"}}}
    found, visit, _ = account({"iam:A": [odd]})
    assert found.call("iam:A")["x"] == 1
    assert booked(visit, "iam:A").data_time is None


def test_a_member_that_is_missing_is_named() -> None:
    found, _, _ = account({"iam:ListRoles": [answer(Roles=[{"Arn": "arn:aws:iam::1:role/a", "Tags": [{"Key": "k"}]}])]})
    (role,) = found.pages("iam:ListRoles", "Roles")
    with pytest.raises(MemberMissing) as caught:
        role["MaxSessionDuration"]
    assert str(caught.value) == "iam:ListRoles.Roles lacks MaxSessionDuration of arn:aws:iam::1:role/a"
    with pytest.raises(MemberMissing, match=r"iam:ListRoles\.Roles\.Tags lacks Value"):
        role["Tags"][0]["Value"]


def test_a_success_without_what_it_always_has_was_cut() -> None:
    found, visit, _ = account(
        {"iam:ListOrganizationsFeatures": [answer(OrganizationId="o-1"), answer(EnabledFeatures=[])]}
    )
    assert found.call("iam:ListOrganizationsFeatures")["EnabledFeatures"] == []
    assert booked(visit, "iam:ListOrganizationsFeatures").attempts == 2


def test_what_is_gone_is_none_whatever_aws_calls_it() -> None:
    for code in ("NoSuchEntity", "ResourceNotFoundException", "PolicyNotFoundException", "TrailNotFoundException"):
        found, visit, _ = account({"iam:A": [error(code, status=404)], "iam:ListB": [error(code)]})
        assert found.optional("iam:A") is None
        assert list(found.pages("iam:ListB", "Bs", may_be_gone=True)) == []
        assert booked(visit, "iam:A").status == "ok"


def test_expected_errors_are_answers() -> None:
    found, visit, _ = account({"iam:A": [error("NoSuchEntity", status=404)], "iam:ListB": [error("NoSuchEntity")]})
    assert found.optional("iam:A", "NoSuchEntity") is None
    assert list(found.pages("iam:ListB", "Bs", expected=("NoSuchEntity",))) == []
    call = booked(visit, "iam:A")
    assert (call.status, call.calls, call.rows) == ("ok", 1, 0)
    with pytest.raises(CallFailed, match="not_found"):
        found.call("iam:A")


def test_pages_are_followed_to_the_end() -> None:
    pages = [answer(Bs=[1, 2], IsTruncated=True, Marker="m"), answer(Bs=[3], IsTruncated=False)]
    found, visit, scripted = account({"iam:ListB": pages})
    assert list(found.pages("iam:ListB", "Bs", PathPrefix="/")) == [1, 2, 3]
    assert [asked[3] for asked in scripted.asked[1:]] == [
        {"MaxItems": 1000, "PathPrefix": "/"},
        {"MaxItems": 1000, "PathPrefix": "/", "Marker": "m"},
    ]
    call = booked(visit, "iam:ListB")
    assert (call.calls, call.rows) == (2, 3)


def test_a_page_without_its_list_is_cut_on_every_page() -> None:
    pages = [answer(Bs=[1], Marker="m"), answer(Other=1), answer(Bs=[2])]
    found, visit, _ = account({"iam:ListB": pages})
    assert list(found.pages("iam:ListB", "Bs")) == [1, 2]
    assert booked(visit, "iam:ListB").attempts == 3
    lost, _, _ = account({"iam:ListB": [answer(Bs=[1], Marker="m"), answer(Other=1)]})
    with pytest.raises(CallFailed, match="lacks Bs"):
        list(lost.pages("iam:ListB", "Bs"))


def test_pages_in_a_circle_are_an_error() -> None:
    found, _, scripted = account({"iam:ListB": [answer(Bs=[n], Marker="ab"[n % 2]) for n in range(6)]})
    with pytest.raises(CallFailed, match="truncated"):
        list(found.pages("iam:ListB", "Bs"))
    assert scripted.operations().count("iam:ListB") == 3


@pytest.mark.parametrize("last", [answer(Bs=[2], Marker="m"), answer(Bs=[2], IsTruncated=True)])
def test_pages_that_cannot_be_followed_are_an_error(last: dict[str, Any]) -> None:
    found, visit, _ = account({"iam:ListB": [answer(Bs=[1], Marker="m"), last]})
    with pytest.raises(CallFailed, match="truncated"):
        list(found.pages("iam:ListB", "Bs"))
    assert booked(visit, "iam:ListB").status == "failed"
