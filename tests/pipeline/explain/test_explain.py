"""Findings of a small published night explained: every change that is reported turned the control itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.explain.finding import Explanation, explain
from pipeline.settings import Refused
from tests.pipeline.explain import explained
from tests.pipeline.explain.explained import DARK, READ_AT, VENDOR, arn
from tests.sql.harness import MEMBER


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return explained.write(tmp_path_factory.mktemp("home"))


def turned(found: Explanation) -> dict[str, str]:
    """By what is changed, the verdict that it brings."""
    return {"; ".join(one.changes): one.verdict for one in found.turns}


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


def test_a_limit_is_told_to_the_day(database: Path) -> None:
    old = explain(database, "key_rotation", "alice/accesskey/1")
    assert (old.verdict, old.facts["age_days"]) == ("fail", 111)
    assert turned(old) == {"with max_age_days = 111 in the settings; it is 90": "pass"}
    assert old.fix in old.notes[0]
    new = explain(database, "key_rotation", "alice/accesskey/2")
    assert turned(new) == {"with max_age_days = 18 in the settings; it is 90": "fail"}
    (read,) = [call for call in old.calls if call.operation == "iam:GetCredentialReport"]
    assert (read.status, read.account_id, read.read_at) == ("ok", MEMBER, READ_AT)


def test_what_could_not_be_read(database: Path) -> None:
    found = explain(database, "key_rotation", DARK)
    assert (found.verdict, found.turns, found.statements) == ("unknown", (), ())
    assert found.calls[0].error_class == "assume_role_failed"
    assert found.notes == (
        f"It is judged once sts:AssumeRole succeeds in account {DARK}: let the runner assume the reader role there "
        "(its trust policy, and the SCPs of the account).",
    )


def test_what_is_asked_for_must_be_one_finding(database: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"^'target' fits 2 findings .*/target-one, .*/target-two; name one of them$"):
        explain(database, "no_privilege_escalation", "target")
    with pytest.raises(Refused, match=r"has no finding on 'buildr', of \d+; near it: .*role/builder"):
        explain(database, "no_privilege_escalation", "buildr")
    with pytest.raises(Refused, match=f"in account {DARK}"):
        explain(database, "no_privilege_escalation", "builder", DARK)
    with pytest.raises(Refused, match=r"no control 'key_rotatio' .* did you mean 'key_rotation'"):
        explain(database, "key_rotatio", "alice")
    with pytest.raises(Refused, match="nothing is published there"):
        explain(tmp_path / "rolecall.duckdb", "key_rotation", "alice")


def test_the_same_finding_is_explained_alike_twice(database: Path) -> None:
    first, second = (explain(database, "no_privilege_escalation", "builder") for _ in range(2))
    assert first == second
