"""Collector `credential_report`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.aws.failures import CallFailed
from pipeline.schema import Row
from tests.pipeline.collectors.support import (
    DAY,
    MEMBER,
    PLAIN,
    ScriptedAccount,
    collect,
)

REPORT_HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated,something_new"
)


REPORT = f"""{REPORT_HEADER}
<root_account>,arn:aws:iam::{MEMBER}:root,2020-01-01T00:00:00+00:00,not_supported,no_information,not_supported,\
not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A,x
ann,arn:aws:iam::{MEMBER}:user/ann,2026-11-20T02:00:00Z,true,2026-11-20T02:00:00+00:00,2026-11-20T02:00:00+00:00,N/A,\
false,true,2026-11-20T03:00:00+01:00,2026-11-20T02:00:00+00:00,eu-west-1,s3,false,N/A,N/A,N/A,N/A,true,\
2026-11-20T02:00:00+00:00,false,N/A,x
"""


def report_account(report: str, states: list[str]) -> ScriptedAccount:
    answer = {"Content": report.encode(), "GeneratedTime": DAY}
    generate = lambda: {"State": states.pop(0) if len(states) > 1 else states[0]}  # noqa: E731
    return ScriptedAccount(
        {"iam:GenerateCredentialReport": generate, "iam:GetCredentialReport": answer}, {"users": [ANN]}
    )


ANN = {"arn": f"arn:aws:iam::{MEMBER}:user/ann", "created_at": PLAIN}
LATER = PLAIN + timedelta(hours=1)


def test_a_user_who_is_gone_since_the_report_is_left_out() -> None:
    account = report_account(REPORT, ["COMPLETE"])
    account._rows["users"] = []
    assert [row["user_name"] for row in collect("credential_report", account)["credential_report"]] == [
        "<root_account>"
    ]
    assert account.unread_records == []


@pytest.mark.parametrize("name", ["bob", "ann"])
def test_a_user_who_is_newer_than_the_report_is_an_unread_record(name: str) -> None:
    """Ann was deleted and made again: what the report says is of the user before."""
    account = report_account(REPORT, ["COMPLETE"])
    newer = {"arn": f"arn:aws:iam::{MEMBER}:user/{name}", "created_at": LATER}
    account._rows["users"] = [newer] if name == "ann" else [ANN, newer]
    rows = collect("credential_report", account)["credential_report"]
    assert [row["user_name"] for row in rows] == (["<root_account>"] if name == "ann" else ["<root_account>", "ann"])
    ((dataset, resource, why),) = account.unread_records
    assert (dataset, resource) == ("credential_report", newer["arn"])
    assert why.startswith("the credential report of 2026-11-20 02:00 UTC does not know the user")


def test_where_users_cannot_be_listed_the_report_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    account = report_account(REPORT, ["COMPLETE"])

    def denied(dataset: str) -> list[Row]:
        raise account.failed("iam:GetAccountAuthorizationDetails", "iam_deny", "no")

    monkeypatch.setattr(account, "rows", denied)
    assert len(collect("credential_report", account)["credential_report"]) == 2


def test_credentials_beyond_those_of_the_report_are_kept() -> None:
    more = "1 additional access key; iam:ListAccessKeys lists them"
    text = REPORT.replace("something_new", "additional_credentials_info").replace("false,N/A,x", f"false,N/A,{more}")
    rows = collect("credential_report", report_account(text, ["COMPLETE"]))["credential_report"]
    assert [row["additional_credentials_info"] for row in rows] == [more, more]
    rows = collect("credential_report", report_account(REPORT, ["COMPLETE"]))["credential_report"]
    assert [row["additional_credentials_info"] for row in rows] == [None, None]


def test_credential_report(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("pipeline.collectors.credential_report.time.sleep", pauses.append)
    account = report_account(REPORT, ["STARTED", "INPROGRESS", "COMPLETE"])
    root, ann = collect("credential_report", account)["credential_report"]
    assert pauses == [0.5, 1.0]
    assert account.asked[-1] == ("iam:GetCredentialReport", {"dated": PLAIN})
    assert (root["user_name"], root["password_enabled"], root["is_mfa_active"]) == ("<root_account>", None, True)
    assert root["password_last_used_at"] is root["access_key_1_last_rotated_at"] is None
    assert ann["created_at"] == ann["password_last_used_at"] == ann["access_key_1_last_rotated_at"] == PLAIN
    assert (ann["access_key_1_active"], ann["access_key_1_last_used_region"]) == (True, "eu-west-1")
    assert (ann["access_key_2_active"], ann["access_key_2_last_used_service"]) == (False, None)
    assert (ann["cert_1_active"], ann["cert_1_last_rotated_at"], ann["generated_at"]) == (True, PLAIN, PLAIN)


def test_credential_report_without_a_root_user() -> None:
    """GovCloud has none."""
    report = "\n".join(line for line in REPORT.splitlines() if "<root" not in line)
    rows = collect("credential_report", report_account(report, ["COMPLETE"]))["credential_report"]
    assert [row["user_name"] for row in rows] == ["ann"]


def test_credential_report_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.collectors.credential_report.time.sleep", lambda seconds: None)
    account = report_account(REPORT, ["STARTED"])
    account._answers["iam:GetCredentialReport"] = None
    with pytest.raises(CallFailed, match="timeout"):
        collect("credential_report", account)
    assert account.operations().count("iam:GenerateCredentialReport") == 12
