"""Collector `service_last_accessed`."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.aws.failures import CallFailed
from pipeline.collectors import (
    service_last_accessed,
)
from pipeline.collectors._turns import is_due
from pipeline.schema import Row
from tests.pipeline.collectors.support import (
    AS_OF,
    DAY,
    MEMBER,
    PLAIN,
    Remembering,
    collect,
)


def principals(document: str = "{}", boundary: str | None = None) -> dict[str, list[Row]]:
    user = {
        "user_name": "ann", "user_id": "AIDA1", "arn": f"arn:aws:iam::{MEMBER}:user/ann", "group_names": ["g"],
        "permissions_boundary_arn": boundary,
    }  # fmt: skip
    role = {
        "role_name": "r", "role_id": "AROA1", "arn": f"arn:aws:iam::{MEMBER}:role/r", "path": "/",
        "permissions_boundary_arn": None,
    }  # fmt: skip
    kept = role | {"arn": f"arn:aws:iam::{MEMBER}:role/k", "path": "/aws-service-role/x.amazonaws.com/"}
    attached = {"principal_type": "group", "principal_name": "g", "policy_arn": "p"}
    return {
        "users": [user],
        "roles": [role, kept],
        "policies": [{"arn": "p", "document": document}],
        "policy_attachments": [attached],
        "inline_policies": [],
    }


ACCESSED = {
    "JobStatus": "COMPLETED",
    "ServicesLastAccessed": [
        {
            "ServiceNamespace": "s3",
            "LastAuthenticated": DAY,
            "LastAuthenticatedRegion": "eu-west-1",
            "TrackedActionsLastAccessed": [
                {"ActionName": "CreateBucket", "LastAccessedTime": DAY},
                {"ActionName": "DeleteBucket"},
            ],
        },
        {"ServiceNamespace": "sqs"},
    ],
}


LAST_ACCESSED = {
    "iam:GenerateServiceLastAccessedDetails": lambda Arn, Granularity: {"JobId": f"job of {Arn}"},
    "iam:GetServiceLastAccessedDetails": ACCESSED,
}


def quiet_night(arns: list[str], read_on: date) -> date:
    """A night on which it is none of these principals' turn."""
    nights = (read_on + timedelta(days=n) for n in range(1, 7))
    return next(n for n in nights if not any(is_due(arn, read_on, n) for arn in arns))


def test_use_of_services_is_asked_for_once_and_again_when_permissions_change() -> None:
    first = Remembering(LAST_ACCESSED, principals())
    found = collect("service_last_accessed", first)
    arns = [row["arn"] for row in found["last_accessed_reads"]]
    assert arns == [f"arn:aws:iam::{MEMBER}:role/r", f"arn:aws:iam::{MEMBER}:user/ann"]
    assert [(s["service"], s["last_accessed_at"]) for s in found["service_last_accessed"]][:2] == [
        ("s3", PLAIN),
        ("sqs", None),
    ]
    later = quiet_night(arns, AS_OF)
    same = Remembering(LAST_ACCESSED, principals(), found, later)
    assert collect("service_last_accessed", same) == found
    assert same.asked == []
    for changed in (principals("[1]"), principals(boundary="b")):
        account = Remembering(LAST_ACCESSED, changed, found, later)
        rows = collect("service_last_accessed", account)["last_accessed_reads"]
        assert [params.get("Arn") for _, params in account.asked if "Arn" in params] == arns[1:]
        assert {row["arn"]: row["read_on"] for row in rows} == {arns[0]: AS_OF, arns[1]: later}


def test_actions_are_landed_where_they_were_used_and_tracked_ones_once_an_account() -> None:
    first = Remembering(LAST_ACCESSED, principals())
    found = collect("service_last_accessed", first)
    assert {params["Granularity"] for _, params in first.asked if "Granularity" in params} == {"ACTION_LEVEL"}
    role, user = (row["arn"] for row in found["last_accessed_reads"])
    assert [(row["arn"], row["service"], row["action"]) for row in found["action_last_accessed"]] == [
        (role, "s3", "CreateBucket"),
        (user, "s3", "CreateBucket"),
    ]
    (tracked,) = found["tracked_actions"]
    assert (tracked["service"], tracked["actions"]) == ("s3", ["CreateBucket", "DeleteBucket"])
    unused = {"JobStatus": "COMPLETED", "ServicesLastAccessed": [{"ServiceNamespace": "s3"}]}
    answers = LAST_ACCESSED | {"iam:GetServiceLastAccessedDetails": unused}
    later = collect("service_last_accessed", Remembering(answers, principals("[1]"), found, quiet_night([role], AS_OF)))
    assert [row["arn"] for row in later["action_last_accessed"]] == [role]
    assert later["tracked_actions"] == found["tracked_actions"]


def test_a_report_of_services_alone_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_last_accessed, "GRANULARITY", "SERVICE_LEVEL")
    found = collect("service_last_accessed", Remembering(LAST_ACCESSED, principals()))
    monkeypatch.undo()
    arns = [row["arn"] for row in found["last_accessed_reads"]]
    again = Remembering(LAST_ACCESSED, principals(), found, quiet_night(arns, AS_OF))
    collect("service_last_accessed", again)
    assert [params["Arn"] for _, params in again.asked if "Arn" in params] == arns


def test_every_principal_has_its_night_in_seven() -> None:
    arns = [f"arn:aws:iam::{MEMBER}:role/{n}" for n in range(140)]
    nights = [AS_OF + timedelta(days=n) for n in range(1, 8)]
    due = Counter(night for arn in arns for night in nights if is_due(arn, night - timedelta(days=1), night))
    assert all(is_due(arn, AS_OF, nights[-1]) for arn in arns)
    assert sum(due.values()) == len(arns)
    assert max(due.values()) < 40


def test_reports_are_waited_for_and_paged(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("pipeline.collectors._jobs.time.sleep", pauses.append)
    waiting = [{"JobStatus": "IN_PROGRESS", "ServicesLastAccessed": []}] * 2

    def get(JobId: str, MaxItems: int, Marker: str | None = None) -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        return ACCESSED if Marker else ACCESSED | {"IsTruncated": True, "Marker": "2"}

    alone = principals() | {"users": []}
    account = Remembering(LAST_ACCESSED | {"iam:GetServiceLastAccessedDetails": get}, alone)
    rows = collect("service_last_accessed", account)
    assert pauses == [0.5, 1.0]
    assert len(rows["service_last_accessed"]) == 4


def test_reports_are_waited_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("pipeline.collectors._jobs.time.sleep", pauses.append)
    asked: Counter[str] = Counter()

    def get(JobId: str, MaxItems: int) -> dict[str, Any]:
        asked[JobId] += 1
        return ACCESSED if asked[JobId] == 2 else {"JobStatus": "IN_PROGRESS", "ServicesLastAccessed": []}

    jobs = {
        "iam:GenerateServiceLastAccessedDetails": lambda Arn, Granularity: {"JobId": Arn},
        "iam:GetServiceLastAccessedDetails": get,
    }
    collect("service_last_accessed", Remembering(LAST_ACCESSED | jobs, principals()))
    assert len(asked) > 1
    assert set(asked.values()) == {2}
    assert pauses == [0.5]


def test_a_report_that_aws_cannot_make_is_asked_for_again_the_next_night() -> None:
    failed = {"JobStatus": "FAILED", "Error": {"Message": "too much", "Code": "x"}}
    account = Remembering(LAST_ACCESSED | {"iam:GetServiceLastAccessedDetails": failed}, principals())
    found = collect("service_last_accessed", account)
    assert {(row["status"], row["message"]) for row in found["last_accessed_reads"]} == {("FAILED", "too much")}
    again = Remembering(LAST_ACCESSED, principals(), found, AS_OF + timedelta(days=1))
    assert {row["status"] for row in collect("service_last_accessed", again)["last_accessed_reads"]} == {"COMPLETED"}


def test_a_report_that_never_comes_and_a_principal_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.collectors._jobs.time.sleep", lambda seconds: None)
    waiting = {"JobStatus": "IN_PROGRESS", "ServicesLastAccessed": []}
    with pytest.raises(CallFailed, match="timeout"):
        collect(
            "service_last_accessed",
            Remembering(LAST_ACCESSED | {"iam:GetServiceLastAccessedDetails": waiting}, principals()),
        )
    gone = Remembering({"iam:GenerateServiceLastAccessedDetails": None}, principals())
    assert not any(collect("service_last_accessed", gone).values())


@pytest.mark.parametrize("heals", [True, False])
def test_a_finished_report_without_its_list_is_cut_and_asked_for_once_more(
    monkeypatch: pytest.MonkeyPatch, heals: bool
) -> None:
    monkeypatch.setattr("pipeline.collectors._jobs.time.sleep", lambda seconds: None)
    asked: Counter[str] = Counter()

    def get(JobId: str, MaxItems: int) -> dict[str, Any]:
        asked[JobId] += 1
        return ACCESSED if heals and asked[JobId] > 1 else {"JobStatus": "COMPLETED"}

    account = Remembering(LAST_ACCESSED | {"iam:GetServiceLastAccessedDetails": get}, principals())
    if heals:
        assert len(collect("service_last_accessed", account)["service_last_accessed"]) == 4
    else:
        with pytest.raises(CallFailed, match="truncated: a report is COMPLETED, but the answer lacks ServicesLast"):
            collect("service_last_accessed", account)
    assert set(asked.values()) == {2}
