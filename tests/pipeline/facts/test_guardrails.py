"""Guardrail objectives, account by account."""

from __future__ import annotations

import json

import pytest

from pipeline.facts import guardrails
from pipeline.schema import Row
from tests.pipeline.facts.support import ONE, TWO, allow, control_policies, deny, document, night

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
LEAVE = "organizations:LeaveOrganization"


def judged(*statements: Row, kind: str = SCP, enabled: bool = True) -> dict[tuple[str, str], Row]:
    """By account and objective, under one policy with these statements beside FullAWSAccess."""
    found = night(**control_policies(kind, full=document(allow("*")), guard=document(*statements)))
    if not enabled:
        found["levels"] = []
    found["accounts"] = [
        {"account_id": account, "partition": "aws", "ou_ids": ["r-root"], "policy_type": kind, "levels_sha256": "key"}
        for account in (ONE, TWO)
    ]
    rows = guardrails.TABLE.table(guardrails.rows(found)).to_pylist()
    return {(row["account_id"], row["objective"]): row for row in rows}


def test_an_objective_is_met_where_its_probes_are_denied() -> None:
    rows = judged(deny(LEAVE, Sid="Stay"))
    met, missed = rows[ONE, "leave_organization"], rows[ONE, "guardduty_tamper"]
    assert (met["met"], met["open_actions"], met["is_enabled"], met["policy_type"]) == ("yes", [], True, SCP)
    assert [(one["statement"], one["sid"]) for one in json.loads(met["statements"])] == [(0, "Stay")]
    assert (missed["met"], missed["statements"]) == ("no", "[]")
    assert "guardduty:DeleteDetector" in missed["open_actions"]
    assert rows[TWO, "leave_organization"] == met | {"account_id": TWO}


def test_statements_that_allow_are_not_what_decided() -> None:
    assert all(one["effect"] == "Deny" for row in judged(deny("*")).values() for one in json.loads(row["statements"]))


def test_a_type_that_is_not_enabled_meets_nothing() -> None:
    rows = judged(deny(LEAVE), enabled=False)
    assert {(row["met"], row["is_enabled"], row["statements"]) for row in rows.values()} == {("no", False, "[]")}


@pytest.mark.parametrize(("named", "answers"), [(ONE, ["yes", "no"]), (TWO, ["no", "yes"])])
def test_accounts_that_a_policy_names_are_judged_for_themselves(named: str, answers: list[str]) -> None:
    rows = judged(deny("organizations:*", Condition={"StringEquals": {"aws:PrincipalAccount": named}}))
    assert [rows[account, "leave_organization"]["met"] for account in (ONE, TWO)] == answers


def test_named_resources_are_told_with_the_own_account() -> None:
    actions = ["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"]
    trails = "arn:aws:cloudtrail:*:*:trail/main"
    row = judged(deny([f"cloudtrail:{one}" for one in actions], trails))[TWO, "cloudtrail_tamper"]
    assert (row["met"], row["only_for"]) == ("depends", [f"arn:aws:cloudtrail:*:{TWO}:trail/main"])


def test_policies_that_cannot_be_read_are_named() -> None:
    row = judged()[ONE, "leave_organization"]
    assert row["unreadable"] == ["guard: document, Statement: expected one statement or a list of at least one"]


@pytest.mark.parametrize(("statement", "met"), [(deny("*"), "yes"), (deny(["iam:*", "s3:*", "ec2:*"]), "no")])
def test_the_root_user_at_all(statement: Row, met: str) -> None:
    root = {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}}
    row = judged(statement | root)[ONE, "root_at_all"]
    assert (row["met"], bool(row["open_actions"])) == (met, met == "no")


def test_objectives_of_rcps_have_none_of_the_root_user() -> None:
    assert "root_at_all" not in {objective for _, objective in judged(deny(LEAVE, Principal="*"), kind=RCP)}
