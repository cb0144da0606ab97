"""An account as collectors see it: answers, pages, and members that are missing."""

from __future__ import annotations

import time
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


def test_a_page_without_its_list_is_cut_on_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
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
