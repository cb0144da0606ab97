"""A visit: its role, its retries and its limits of time."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from pipeline.aws import visit as aws
from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed, CutAnswer, NoAwsAnswer
from pipeline.aws.members import UNLISTED
from pipeline.aws.session import GLOBAL
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


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made; none takes time."""
    made: list[float] = []
    monkeypatch.setattr(aws.time, "sleep", made.append)
    return made


def test_role_is_assumed_once_in_the_partition_of_the_caller() -> None:
    found, visit, scripted = account(
        {"iam:A": [answer(x=1)], "iam:B": [answer(x=2)]}, external_id="external", role_name="R"
    )
    found.call("iam:A")
    found.call("iam:B")
    assert scripted.operations() == ["sts:AssumeRole", "iam:A", "iam:B"]
    assert scripted.asked[0][2:] == (
        "OWN",
        {
            "RoleArn": f"arn:aws-us-gov:iam::{MEMBER}:role/R",
            "RoleSessionName": "rolecall",
            "ExternalId": "external",
            "DurationSeconds": 3600,
        },
    )
    assert scripted.asked[1][2] == "ASIA"
    assert booked(visit, "iam:A").data_time == datetime(2026, 11, 20, 2)


def test_a_session_is_as_the_settings_say() -> None:
    found, _, scripted = account(
        {"iam:A": [answer(x=1)]},
        session_minutes=15,
        session_tags=["team=security", "cost=a=b"],
        source_identity="rolecall-night",
    )
    scripted.session_policy = "{}"
    found.call("iam:A")
    asked = scripted.asked[0][3]
    assert {name: asked[name] for name in ("DurationSeconds", "Policy", "SourceIdentity", "Tags")} == {
        "DurationSeconds": 900,
        "Policy": "{}",
        "SourceIdentity": "rolecall-night",
        "Tags": [{"Key": "team", "Value": "security"}, {"Key": "cost", "Value": "a=b"}],
    }


def test_only_what_the_management_account_alone_may_ask_is_asked_through_its_role() -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateOrganizationsAccessReport.html"""
    own, report = "organizations:DescribePolicy", "iam:GenerateOrganizationsAccessReport"
    found, visit, scripted = account({own: [answer(Policy={})], report: [answer(JobId="1")]})
    visit.is_of_organization = True
    for operation in (own, report, own):
        found.call(operation)
    assert [(asked[0], asked[2]) for asked in scripted.asked] == [
        (own, "OWN"),
        ("sts:AssumeRole", "OWN"),
        (report, "ASIA"),
        (own, "OWN"),
    ]


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


def test_members_that_no_model_has_are_counted_and_not_handed_on() -> None:
    told = answer(Roles=[], UnlistedMembers=["Roles[].Leash"])
    reader, visit, _ = account({"iam:ListRoles": [told, answer(Roles=[]), answer(Roles=[]) | {UNLISTED: ["More"]}]})
    for _ in range(2):
        assert UNLISTED not in reader.call("iam:ListRoles")
    reader.call("iam:ListRoles")
    row = {"account_id": MEMBER, "region": GLOBAL, "operation": "iam:ListRoles", "times": 1}
    assert visit.unlisted() == [row | {"member": "More"}, row | {"member": "Roles[].Leash"}]
