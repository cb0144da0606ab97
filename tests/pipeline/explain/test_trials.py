"""Changes of policies: every one that is reported turned the control itself."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.explain.finding import explain
from tests.pipeline.explain.explained import VENDOR, arn, turned
from tests.sql.harness import MEMBER


def test_an_administrator(database: Path) -> None:
    found = explain(database, "BP06-02", arn("role", "admin"))
    assert (found.control_id, found.verdict, found.account_name) == (
        "admin_principals_limited",
        "fail",
        f"account-{MEMBER}",
    )
    (own,) = [one for one in found.statements if one.layer == "identity"]
    assert (own.policy, own.statement, own.effect) == ("own", "Everything", "Allow")
    assert json.loads(own.text)["Action"] == ["*"]
    assert (
        turned(found).items()
        >= {
            "without statement Everything of own": "pass",
            "with a Deny of iam:* on * in an inline policy of role admin": "pass",
            f"with a Deny of iam:* on * in an SCP on account {MEMBER}, or above it": "pass",
            "with PowerUserAccess as its permissions boundary": "pass",
            f"with an entry for {arn('role', 'admin')} under [[approved_administrators]] in the register": "pass",
        }.items()
    )


def test_what_two_policies_grant_must_leave_both(database: Path) -> None:
    found = explain(database, "admin_principals_limited", "split")
    removals = [change for change in turned(found) if change.startswith("without")]
    assert removals == ["without statement 0 of first; without statement 0 of second"]


def test_an_escalation_is_closed_by_either_of_its_steps(database: Path) -> None:
    found = explain(database, "no_privilege_escalation", "role/builder")
    assert found.verdict == "fail"
    assert {one.statement for one in found.statements if one.policy == "own"} == {0, "Pass"}
    turns = turned(found)
    assert {turns["without statement 0 of own"], turns["without statement Pass of own"]} == {"pass"}
    assert turns["with a Deny of iam:PassRole on * in an inline policy of role builder"] == "pass"
    assert not any(";" in change for change in turns if "settings" not in change)


def test_a_pass_rests_on_its_boundary(database: Path) -> None:
    found = explain(database, "no_privilege_escalation", "bounded")
    assert (found.verdict, turned(found)) == ("pass", {"without its permissions boundary": "fail"})


def test_a_trust_policy(database: Path) -> None:
    found = explain(database, "BP11-07", "partner")
    (cited,) = found.statements
    assert (cited.layer, cited.policy_arn, cited.statement) == ("trust", arn("role", "partner"), 0)
    turns = turned(found)
    vendor = f"arn:aws:iam::{VENDOR}:root"
    assert turns[f"without {vendor} in statement 0 of its trust policy"] == "pass"
    assert f"without arn:aws:iam::{MEMBER}:root in statement 0 of its trust policy" not in turns
    assert (
        turns["with StringEquals aws:PrincipalOrgID = o-example demanded by statement 0 of its trust policy"] == "pass"
    )
    assert turns[f"with an entry for {VENDOR} under [[vendors]] in the register"] == "pass"
    assert not any("ExternalId" in change for change in turns)


def test_guardrail_objectives(database: Path) -> None:
    met = explain(database, "BP13-04", f"{MEMBER}/leave_organization")
    assert (met.verdict, turned(met)) == ("pass", {"without statement 0 of stay": "fail"})
    missed = explain(database, "BP13-04", f"{MEMBER}/guardduty_tamper")
    (change,) = missed.turns
    assert (missed.verdict, missed.statements, change.verdict) == ("fail", (), "pass")
    assert "a Deny of guardduty:DeleteDetector, " in change.changes[0]
    assert f"in an SCP on account {MEMBER}" in change.changes[0]
