"""Who can, against an oracle: every principal asked one by one, built from the raw rows by other means."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pipeline.policy import Policy, Principal, Verdict, can
from pipeline.policy.document import Document
from pipeline.policy.rights import allows
from pipeline.questions.answers import Answer, who_can
from pipeline.questions.published import Published
from pipeline.questions.resources import Resource, any_resource, resource
from pipeline.questions.who_can import Question
from tests.pipeline.questions import world
from tests.pipeline.questions.world import BUCKETS, ONE, READ_ONES, TWO, World
from tests.sql.harness import MANAGEMENT

NONE = Policy("none", Document("2012-10-17", (), "none"))


def expected(made: World, action: str, place: str, given: dict[str, Any]) -> dict[str, Verdict]:
    """The decision for each principal. For the queue and the refused bucket: by its own policies."""
    decisions = {}
    for arn, principal in made.principals.items():
        if action.startswith("sso:") and principal.account != MANAGEMENT:
            continue
        decisions[arn] = one(made, principal, action, place, given).verdict
    return {arn: verdict for arn, verdict in decisions.items() if verdict in (Verdict.ALLOWED, Verdict.DEPENDS)}


def one(made: World, principal: Principal, action: str, place: str, given: dict[str, Any]) -> Any:
    keys = dict(given)
    if place.startswith("arn:aws:s3"):
        bucket = place.split(":::")[1].split("/")[0]
        owner, text = BUCKETS[bucket], made.buckets[bucket]
        keys.setdefault("aws:RequestedRegion", ("eu-central-1" if bucket == "alpha" else "us-east-1",))
        policy = None if bucket == "refused" else Policy.read("", text, "resource") if text else NONE
    elif place.startswith("arn:aws:sqs"):
        owner, policy = ONE, None
    elif place.startswith("arn:aws:sso"):
        owner, policy = MANAGEMENT, NONE
    else:
        owner = place.split(":")[4]
        policy = Policy.read("", made.trusts[place], "trust") if action.startswith("sts:") else NONE
    return can(principal, action, place, keys, policy, made.rcps.get(owner), owner)


def listed(answer: Answer) -> dict[str, str]:
    """The list of each user and role."""
    lists = {"may": answer.may, "conditional": answer.conditional, "unknown": answer.unknown}
    found = [(each.who.arn, name) for name, members in lists.items() for each in members if each.who.arn]
    assert len(found) == len(dict(found)), "a caller twice"
    return dict(found)


def ask(night: Published, action: str, place: str, given: dict[str, Any], account: str = "") -> Answer:
    return who_can(night, Question(action, resource(night, action, place, account), given))


def is_unread(place: str) -> bool:
    return place.startswith(("arn:aws:sqs", "arn:aws:s3:::refused"))


def compare(night: Published, made: World, seed: int, count: int) -> None:
    kinds = set()
    for action, place, given in world.asked(made, random.Random(seed), count):
        account = MANAGEMENT if place.startswith("arn:aws:sso") else ""
        found = listed(ask(night, action, place, given, account))
        wanted = expected(made, action, place, given)
        assert found.keys() == wanted.keys(), (action, place, given)
        for arn, name in found.items():
            sure = "unknown" if is_unread(place) else "may"
            assert (name == sure) is (wanted[arn] is Verdict.ALLOWED) or is_unread(place), (action, place, given, arn)
        kinds |= set(found.values())
    assert kinds == {"may", "conditional", "unknown"}


def test_nobody_is_missing_and_nobody_too_many(night: Published, made: World) -> None:
    assert any(len(alike.members) > 1 for alike in night.alike())
    compare(night, made, seed=1, count=12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_in_other_worlds_too(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    made = world.world(seed)
    compare(world.published(made, tmp_path_factory.mktemp("home")), made, seed, count=120)


def test_without_a_resource_each_is_asked_in_its_own_account(night: Published, made: World) -> None:
    for action, account in (("s3:GetObject", ""), ("sts:AssumeRole", TWO), ("s3:ListAllMyBuckets", ONE)):
        found = listed(who_can(night, Question(action, any_resource(night, account), {})))
        asked = {arn: p for arn, p in made.principals.items() if account in ("", p.account)}
        wanted = {arn: allows(p, action).verdict for arn, p in asked.items()}
        assert found.keys() == {arn for arn, v in wanted.items() if v in (Verdict.ALLOWED, Verdict.DEPENDS)}
        assert {p.account for p in asked.values()} == ({account} if account else set(READ_ONES))


QUEUE = f"arn:aws:sqs:us-east-1:{MANAGEMENT}:queue"
# Each is alike with another that comes before: the first two hold nothing on queues, the third holds everything.
USER, ROLE, ADMIN = (f"arn:aws:iam::{MANAGEMENT}:{name}" for name in ("user/u1", "role/r1", "user/u5"))
ALLOW = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}


@pytest.mark.parametrize(
    "statement",
    [
        ALLOW | {"Principal": {"AWS": [USER, ROLE]}},
        ALLOW | {"Principal": {"AWS": f"arn:aws:sts::{MANAGEMENT}:assumed-role/r1/s"}},
        ALLOW | {"Principal": {"AWS": "arn:aws:iam::*:role/r1*"}},
        ALLOW | {"Principal": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "*/u1"}}},
        ALLOW | {"Effect": "Deny", "NotPrincipal": {"AWS": [ADMIN, f"arn:aws:iam::{MANAGEMENT}:root", MANAGEMENT]}},
    ],
)
def test_whom_a_policy_singles_out_is_judged_alone(night: Published, made: World, statement: dict[str, Any]) -> None:
    for arn in (USER, ROLE, ADMIN):
        assert any(arn in alike.members[1:] for alike in night.alike())
    policy = Policy.read("", {"Version": "2012-10-17", "Statement": [statement]}, "resource")
    found = listed(who_can(night, Question("sqs:SendMessage", Resource(QUEUE, MANAGEMENT, policy), {})))
    decisions = {
        arn: can(principal, "sqs:SendMessage", QUEUE, {}, policy, None, MANAGEMENT).verdict
        for arn, principal in made.principals.items()
    }
    assert found.keys() == {arn for arn, v in decisions.items() if v in (Verdict.ALLOWED, Verdict.DEPENDS)}
    assert {arn for arn, name in found.items() if name == "may"} == {
        arn for arn, verdict in decisions.items() if verdict is Verdict.ALLOWED
    }
