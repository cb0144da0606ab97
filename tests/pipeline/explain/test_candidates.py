"""What could be taken away or narrowed."""

from __future__ import annotations

import json
from typing import Any

from pipeline.explain.candidates import narrowings, removals, supports, without_principals
from pipeline.explain.changes import Bind, Detach, Rewrite
from pipeline.explain.policies import BearingPolicy, canonical

ALLOW = {"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}
DENY = {"Effect": "Deny", "Action": ["iam:*"], "Resource": ["*"], "Sid": "No"}
TEXT = canonical(ALLOW)


def policy(*statements: dict[str, Any], layer: Any = "identity", is_aws_managed: bool = False) -> BearingPolicy:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return BearingPolicy(layer, "p", "arn:p", "stg_policies", "p", "arn:aws:iam::1:role/app", is_aws_managed, text)


def test_an_aws_managed_policy_goes_as_a_whole() -> None:
    (detached,) = removals([policy(ALLOW, is_aws_managed=True)], [TEXT])
    (unbound,) = removals([policy(ALLOW, layer="boundary", is_aws_managed=True)], [TEXT])
    assert isinstance(detached, Detach)
    assert str(detached) == "without p, detached from role app"
    assert isinstance(unbound, Bind)


def test_the_allow_of_an_scp_stays_and_its_deny_can_go() -> None:
    scp = policy(ALLOW, DENY, layer="scp")
    assert [str(one) for one in removals([scp], [TEXT, canonical(DENY)])] == ["without statement No of p"]
    assert [str(one) for one in removals([policy(ALLOW, DENY)], [TEXT])] == ["without statement 0 of p"]


def test_only_cited_allow_statements_are_narrowed() -> None:
    (one,) = narrowings([policy(ALLOW, DENY)], [TEXT, canonical(DENY)], "Bool", "aws:SecureTransport", "true")
    assert isinstance(one, Rewrite)
    assert json.loads(one.new)["Condition"] == {"Bool": {"aws:SecureTransport": ["true"]}}
    assert list(narrowings([policy(ALLOW, is_aws_managed=True)], [TEXT], "Bool", "x", "true")) == []


def test_one_principal_less_where_there_are_several() -> None:
    accounts = ["111111111111", "222222222222"]
    named = {"Effect": "Allow", "Principal": {"AWS": accounts}, "Action": ["sts:AssumeRole"]}
    trust = policy(named, layer="trust")
    cited = [one.text for one in trust.statements]
    changes = list(without_principals([trust], cited))
    assert [str(one) for one in changes] == [
        f"without {account} in statement 0 of p" for account in ("111111111111", "222222222222")
    ]
    alone = policy(named | {"Principal": {"AWS": ["111111111111"]}}, layer="trust")
    assert list(without_principals([alone], [one.text for one in alone.statements])) == []


def test_a_pass_may_rest_on_denies_conditions_and_the_boundary() -> None:
    guarded = ALLOW | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    words = [str(one) for one in supports([policy(guarded, DENY), policy(ALLOW, layer="boundary")])]
    assert words == [
        "without Bool aws:SecureTransport in statement 0 of p",
        "without statement No of p",
        "without its permissions boundary",
    ]
