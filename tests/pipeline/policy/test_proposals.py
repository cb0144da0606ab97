"""Proposals never allow more, keep what is used, validate and fit."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.policy import Policies, Policy, Request, Verdict, actions, evaluate, parse
from pipeline.policy.proposals import Proposal, Use, propose
from pipeline.policy.text import QUOTA, all_problems, size
from tests.pipeline.policy.strategies import ARNS, contexts, documents
from tests.pipeline.policy.support import ACCOUNT, allow, document, policies, statement

ME = f"arn:aws:iam::{ACCOUNT}:user/worker"
REQUESTED = [
    *("s3:GetObject", "s3:PutObject", "s3:CreateBucket", "s3:NotYetInvented", "iam:PassRole", "iam:PutUserPolicy"),
    *("iam:CreateUser", "sts:AssumeRole", "ec2:RunInstances", "ec2:DescribeVpcs"),
]
RANK = {Verdict.EXPLICITLY_DENIED: 0, Verdict.IMPLICITLY_DENIED: 0, Verdict.DEPENDS: 1, Verdict.ALLOWED: 2}
TRACKED = frozenset(
    {"s3:CreateBucket", "s3:PutBucketPolicy", "iam:CreateUser", "iam:PutUserPolicy", "ec2:RunInstances"}
)

uses = st.builds(
    Use,
    services=st.frozensets(st.sampled_from(["s3", "iam", "ec2", "sts"])),
    actions=st.frozensets(st.sampled_from(sorted(TRACKED))),
    tracked=st.just(TRACKED),
    generated=st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(["s3:GetObject", "iam:P*", "ec2:*"]))),
)


def rank(held: tuple[Policy, ...], request: Request) -> int:
    return RANK[evaluate(request, Policies(identity=held)).verdict]


def proposed(sources: list[dict[str, Any]], use: Use) -> Proposal:
    return propose([parse(one) for one in sources], use)


@settings(deadline=None)  # the first example reads the catalogue of actions
@given(st.lists(documents(), min_size=1, max_size=3), uses, st.sampled_from(REQUESTED), st.sampled_from(ARNS), contexts)
def test_a_proposal_never_allows_more_and_keeps_what_is_used(
    sources: list[dict[str, Any]], use: Use, action: str, resource: str, context: dict[str, str]
) -> None:
    made = proposed(sources, use)
    request = Request.of(ME, action, resource, context, ACCOUNT)
    before, after = rank(policies(*sources), request), rank(policies(*made.policies), request)
    assert after <= before
    if use.keeps(action) and actions.find(action):
        assert after == before


@settings(deadline=None)
@given(st.lists(documents(), min_size=1, max_size=3), uses)
def test_a_proposal_is_a_policy_that_fits(sources: list[dict[str, Any]], use: Use) -> None:
    made = proposed(sources, use)
    for text in made.policies:
        parsed = parse(text, "identity")
        assert size(text) <= QUOTA
        sids = [one.sid for one in parsed.statements if one.sid]
        assert len(sids) == len(set(sids))


def only(made: Proposal) -> list[dict[str, Any]]:
    (text,) = made.policies
    return list(json.loads(text)["Statement"])


def test_a_star_becomes_the_used_services() -> None:
    (one,) = only(proposed([allow("*", "arn:aws:s3:::b/*")], Use(frozenset({"s3", "glue"}))))
    assert one == {"Effect": "Allow", "Action": ["glue:*", "s3:*"], "Resource": "arn:aws:s3:::b/*"}


def test_tracked_actions_that_are_not_used_go_and_untracked_ones_stay() -> None:
    use = Use(frozenset({"sqs"}), frozenset({"sqs:CreateQueue"}), frozenset({"sqs:CreateQueue", "sqs:DeleteQueue"}))
    made = proposed([allow(["sqs:*", "s3:*"])], use)
    (one,) = only(made)
    assert "sqs:DeleteQueue" not in one["Action"]
    assert {"sqs:CreateQueue", "sqs:SendMessage"} < set(one["Action"])
    assert made.removed_actions == ("sqs:DeleteQueue",)


def test_conditions_denies_and_exclusions_are_kept() -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    excluded = {"Effect": "Allow", "NotAction": ["iam:*", "s3:Delete*"], "Resource": "*", "Condition": condition}
    denied = statement("Deny", "ec2:*", Sid="NoMachines")
    first, second = only(proposed([document(excluded, denied)], Use(frozenset({"s3", "iam", "glue"}))))
    assert "NotAction" not in first
    assert first["Condition"] == condition
    assert "glue:*" in first["Action"]
    assert not any(one.startswith(("iam:", "s3:Delete")) for one in first["Action"])
    assert second == denied


def test_a_policy_without_variables_gets_none() -> None:
    old = allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}") | {"Version": "2008-10-17"}
    (one,) = only(proposed([old], Use(frozenset({"s3"}))))
    assert one["Resource"] == "arn:aws:s3:::b/${$}{aws:username}"


def test_a_generated_policy_narrows_its_services_only() -> None:
    use = Use(frozenset({"s3", "glue"}), frozenset({"s3:CreateBucket"}), generated=frozenset({"s3:GetObject"}))
    made = proposed([allow(["s3:*", "glue:*", "kms:*"])], use)
    assert only(made)[0]["Action"] == ["glue:*", "s3:CreateBucket", "s3:GetObject"]
    assert "s3:PutObject" in made.removed_actions
    assert not any(one.startswith(("glue:", "kms:")) for one in made.removed_actions)


def test_names_that_do_not_fit_become_wildcards_for_the_same() -> None:
    made = proposed([allow("s3:*"), allow(["iam:*", "dynamodb:*", "sns:*"])], Use(
        frozenset({"s3", "iam", "dynamodb", "sns"}),
        tracked=frozenset({"s3:CreateBucket", "iam:CreateUser", "dynamodb:CreateTable", "sns:CreateTopic"}),
    ))  # fmt: skip
    (one,) = only(made)
    assert not made.is_whole
    assert any(action.endswith("*") for action in one["Action"])
    left = {action for pattern in one["Action"] for action in actions.expand(pattern)}
    held = {action for service in ("s3", "iam", "dynamodb", "sns") for action in actions.expand(f"{service}:*")}
    assert held - left == {"s3:CreateBucket", "iam:CreateUser", "dynamodb:CreateTable", "sns:CreateTopic"}
    scattered = frozenset(actions.expand("ec2:*")[::9])
    machines = proposed([allow("*")], Use(frozenset({"ec2"}), tracked=scattered))
    assert machines.is_whole
    assert only(machines)[0]["Action"] == "ec2:*"
    assert machines.removed_actions == ()


def test_what_one_policy_cannot_hold_is_split() -> None:
    buckets = [f"arn:aws:s3:::a-bucket-with-a-long-name-{n}/*" for n in range(400)]
    made = proposed([document(*(statement("Allow", "s3:GetObject", one) for one in buckets))], Use(frozenset({"s3"})))
    assert 4 < len(made.policies) <= 10
    assert max(map(size, made.policies)) <= QUOTA
    told = [one["Resource"] for text in made.policies for one in json.loads(text)["Statement"]]
    assert told == buckets
    assert made.problems == ()


def test_what_cannot_be_split_says_so() -> None:
    buckets = [f"arn:aws:s3:::a-bucket-with-a-long-name-{n}/*" for n in range(200)]
    made = proposed([allow("s3:GetObject", buckets)], Use(frozenset({"s3"})))
    (problem,) = made.problems
    assert problem.endswith("characters are more than the 6,144 of a managed policy; keep it inline.")


def test_a_role_may_have_more_managed_policies_than_a_user() -> None:
    told = next(iter(all_problems(["{}"] * 11)))
    assert told.startswith("Takes 11 managed policies; a user may have 10 and a role 20 ")
    assert not any(told.startswith("Takes") for told in all_problems(["{}"] * 10))


def test_names_of_no_action_are_left_out() -> None:
    made = proposed([allow(["s3:GetObjekt", "s3:GetObject"])], Use(frozenset({"s3"})))
    assert only(made)[0]["Action"] == "s3:GetObject"
    assert made.removed_actions == ("s3:GetObjekt",)
