"""Statements that would meet a guardrail objective."""

from __future__ import annotations

import json

from pipeline.explain.denials import guardrail


def test_what_its_probes_let_pass_is_denied() -> None:
    (text,) = guardrail("scp", "leave_organization", ["organizations:LeaveOrganization"], "o-1")
    assert json.loads(text) == {"Effect": "Deny", "Action": ["organizations:LeaveOrganization"], "Resource": ["*"]}
    assert guardrail("scp", "leave_organization", [], "o-1") == []
    assert guardrail("scp", "no_such_objective", ["s3:GetObject"], "o-1") == []


def test_a_deny_of_the_root_user_names_it_and_everything() -> None:
    (text,) = guardrail("scp", "root_at_all", ["zq7x:zq7x"], "o-1")
    statement = json.loads(text)
    assert statement["Action"] == ["*"]
    assert statement["Condition"] == {"ArnLike": {"aws:PrincipalArn": ["arn:*:iam::*:root"]}}
