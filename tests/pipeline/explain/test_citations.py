"""Statements and actions of a finding's evidence."""

from __future__ import annotations

import json
from typing import Any

from pipeline.explain.citations import actions_in, citations, deciding, paths_in
from pipeline.explain.policies import BearingPolicy, canonical

ALLOW = {"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}
DENY = {"Effect": "Deny", "Action": ["iam:*"], "Resource": ["*"], "Sid": "No"}


def policy(name: str, *statements: dict[str, Any], layer: Any = "identity") -> BearingPolicy:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return BearingPolicy(layer, name, f"arn:{name}", "stg_policies", name, "holder", False, text)


def test_a_statement_is_found_in_the_policy_that_is_named() -> None:
    policies = [policy("first", ALLOW), policy("second", DENY, ALLOW)]
    (cited,) = citations({"statements": [{"policy": "second", "text": ALLOW}]}, policies)
    assert (cited.policy, cited.policy_arn, cited.statement, cited.effect) == ("second", "arn:second", 1, "Allow")
    (other,) = citations({"statements": [{"text": ALLOW}]}, policies)
    assert (other.policy, other.statement) == ("first", 0)


def test_a_statement_of_a_policy_that_does_not_bear_is_cited_as_it_is_told() -> None:
    told = {"resource": "arn:bucket", "statements": [{"layer": "resource", "policy": "p", "sid": "S", "text": ALLOW}]}
    (cited,) = citations(told, [])
    assert (cited.layer, cited.policy, cited.policy_arn, cited.statement) == ("resource", "p", "arn:bucket", "S")
    (rcp,) = citations({"rcp": "perimeter", "rcp_statement": json.dumps(DENY)}, [])
    assert (rcp.layer, rcp.policy, rcp.effect) == ("rcp", "perimeter", "Deny")


def test_a_policy_that_is_only_named_is_cited_whole() -> None:
    cited = citations({"policies": ["arn:first"]}, [policy("first", ALLOW, DENY), policy("second", ALLOW)])
    assert [(one.policy, one.statement) for one in cited] == [("first", 0), ("first", "No")]


def test_each_statement_once() -> None:
    assert len(citations({"a": [ALLOW], "b": ALLOW}, [policy("first", ALLOW)])) == 1


def test_the_shortest_path_decides() -> None:
    paths = [{"grants": [ALLOW, DENY]}, {"grants": [DENY]}]
    assert deciding({"paths": json.dumps(paths)}) == [canonical(DENY)]
    assert deciding({"statements": [ALLOW, DENY]}) == [canonical(ALLOW), canonical(DENY)]
    assert len(paths_in({"paths": json.dumps(paths)})) == 2


def test_actions_beside_statements() -> None:
    assert actions_in({"writes": json.dumps([{"action": "iam:CreateUser"}, {"action": 5}]), "x": ALLOW}) == [
        "iam:CreateUser"
    ]
    assert actions_in("text") == []
