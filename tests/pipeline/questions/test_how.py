"""How one principal becomes another: as many steps as the reach of the night, and cuts that really cut."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial

import pytest

from pipeline.policy import Policy, Principal, Tri, reach
from pipeline.policy.account import Role
from pipeline.questions.answers import Answer, Found, Who
from pipeline.questions.cuts import cuts, granting, trusting
from pipeline.questions.how import ADMIN, Movers
from pipeline.questions.resources import Resource
from pipeline.questions.steps import further
from pipeline.questions.who_can import Question
from pipeline.settings import Refused
from tests.pipeline.policy.support import document, statement
from tests.pipeline.questions.world import ONE

allow = partial(statement, "Allow")
ROLE, USER = f"arn:aws:iam::{ONE}:role/", f"arn:aws:iam::{ONE}:user/"
NEEDS_MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
SHARED = f"arn:aws:iam::{ONE}:policy/shared"


def held(arn: str, *statements: dict[str, object], policy_arn: str = "", name: str = "own") -> Principal:
    policies = (Policy.read(name, document(*statements), "identity", policy_arn),) if statements else ()
    return Principal(arn, policies, tags={}, takes_session_tags=False)


def role(name: str, *who: str, **more: object) -> Role:
    trust = {"Effect": "Allow", "Principal": {"AWS": list(who)}, "Action": "sts:AssumeRole", **more}
    return Role(ROLE + name, Policy.read("trust policy", document(trust), "trust"))


@pytest.fixture(scope="module")
def movers() -> Movers:
    """worker -> relay -> chief by two roles; guest -> chief with MFA; twin as worker, by the same managed policy."""
    assume = allow("sts:AssumeRole", [ROLE + "relay"])
    everyone = [
        held(USER + "worker", assume, policy_arn=SHARED, name="shared"),
        held(USER + "twin", assume, policy_arn=SHARED, name="shared"),
        held(USER + "guest", allow("sts:AssumeRole", [ROLE + "chief"]), allow("sts:AssumeRole", [ROLE + "relay"])),
        held(USER + "idle"),
        held(ROLE + "relay", allow("sts:AssumeRole", [ROLE + "chief"])),
        held(ROLE + "chief", allow("*")),
    ]
    trusts = [
        role("relay", f"arn:aws:iam::{ONE}:root"),
        Role(
            ROLE + "chief",
            Policy.read(
                "trust policy",
                document(
                    {"Effect": "Allow", "Principal": {"AWS": ROLE + "relay"}, "Action": "sts:AssumeRole"},
                    {"Effect": "Allow", "Principal": {"AWS": USER + "guest"}, "Action": "sts:AssumeRole", **NEEDS_MFA},
                ),
                "trust",
            ),
        ),
    ]
    return Movers(everyone, trusts, {}, {})


def test_one_shortest_way_with_both_statements_of_each_hop(movers: Movers) -> None:
    (way,) = movers.ways(USER + "worker", ADMIN)
    assert [(step.how, step.target) for step in way.steps] == [
        ("sts:AssumeRole", ROLE + "relay"),
        ("sts:AssumeRole", ROLE + "chief"),
    ]
    assert way.verdict is Tri.YES
    for step in way.steps:
        assert [policy.name for policy, _ in granting(movers.graph.by_arn[step.source], step)] != []
        assert len(list(trusting(movers.graph.roles[step.target], movers.graph.by_arn[step.source]))) == 1


def test_a_shorter_way_under_conditions_is_told_apart(movers: Movers) -> None:
    certain, conditional = movers.ways(USER + "guest", ADMIN)
    assert (certain.verdict, len(certain.steps)) == (Tri.YES, 2)
    assert (conditional.verdict, len(conditional.steps)) == (Tri.DEPENDS, 1)
    (decision,) = conditional.steps[0].decisions
    assert decision.unknown_keys == ("aws:MultiFactorAuthPresent",)


def test_an_administrator_becomes_whom_it_likes_in_its_account(movers: Movers) -> None:
    (way,) = movers.ways(USER + "worker", USER + "idle")
    assert [step.how for step in way.steps] == ["sts:AssumeRole", "sts:AssumeRole", "as administrator of its account"]
    assert movers.ways(USER + "idle", USER + "worker") == []
    assert movers.ways(ROLE + "chief", ADMIN)[0].steps == ()


def test_only_a_change_that_leaves_no_way_cuts(movers: Movers) -> None:
    (way,) = movers.ways(USER + "worker", ADMIN)
    found, tried = cuts(movers, USER + "worker", ADMIN, way)
    # The chief names the relay itself, so that what the relay holds does not matter.
    assert [cut.words.split(" of ")[1].split(",")[0] for cut in found] == [
        "shared",
        "the trust policy",
        "the trust policy",
    ]
    assert tried == 4
    certain, _ = movers.ways(USER + "guest", ADMIN)
    found, tried = cuts(movers, USER + "guest", ADMIN, certain)
    assert (found, tried) == ([], 4)  # each leaves the way with MFA, or the one by the relay


def test_a_managed_policy_is_changed_for_all_that_hold_it(movers: Movers) -> None:
    (way,) = movers.ways(USER + "worker", ADMIN)
    cut = next(each for each in cuts(movers, USER + "worker", ADMIN, way)[0] if each.policy.arn == SHARED)
    changed = {one.arn: cut.of_principal(one) for one in movers.everyone}
    assert [arn for arn, one in changed.items() if one is not movers.graph.by_arn[arn]] == [
        USER + "worker",
        USER + "twin",
    ]


def test_whoever_is_not_of_the_night_is_refused(movers: Movers) -> None:
    with pytest.raises(Refused, match="nobody"):
        movers.ways(USER + "nobody", ADMIN)


def test_by_steps_to_those_who_may(movers: Movers) -> None:
    may = Found(Who("role", "relay", ONE, ROLE + "relay"))
    answer = Answer(Question("s3:GetObject", Resource("", ""), {}), (may,), (), ())
    found = {each.arn: (each.steps, each.is_certain, each.via) for each in further(movers, answer, 1)}
    first = f"sts:AssumeRole {ROLE}relay"
    assert {arn: found[arn] for arn in (USER + "worker", USER + "twin", USER + "guest")} == dict.fromkeys(
        (USER + "worker", USER + "twin", USER + "guest"), (1, True, first)
    )
    assert ROLE + "chief" in found  # it administers the account of the relay
    assert USER + "idle" not in found


@pytest.mark.parametrize("seed", range(6))
def test_as_many_steps_as_the_reach_of_the_night_and_what_cuts_is_gone_there(seed: int) -> None:
    dice = random.Random(seed)
    names = [f"r{number}" for number in range(7)]
    everyone = [held(ROLE + "chief", allow("*"))]
    for name in names:
        pairs = dice.sample([*names, "chief"], 2)
        everyone.append(
            held(
                ROLE + name,
                *(allow("sts:AssumeRole", [ROLE + other], **dice.choice([{}, NEEDS_MFA])) for other in pairs),
            )
        )
    trusts = [
        role(
            name,
            *dice.sample([f"arn:aws:iam::{ONE}:root", *(ROLE + other for other in names)], 2),
            **dice.choice([{}, NEEDS_MFA]),
        )
        for name in (*names, "chief")
    ]
    movers = Movers(everyone, trusts, {}, {})
    found = reach(everyone, trusts)
    for one in found:
        ways = movers.ways(one.arn, ADMIN)
        steps = {way.verdict: len(way.steps) for way in ways}
        assert (steps.get(Tri.YES), min(steps.values(), default=None)) == (one.steps, one.possible_steps), one.arn
        if ways and ways[0].steps:
            for cut in cuts(movers, one.arn, ADMIN, ways[0])[0]:
                changed = reach([cut.of_principal(p) for p in everyone], [cut.of_role(r) for r in trusts])
                (row,) = [each for each in changed if each.arn == one.arn]
                assert (row.steps, row.possible_steps) == (None, None), cut.words
    assert any(one.possible_steps for one in found)


def test_a_policy_that_was_not_read_is_named(movers: Movers) -> None:
    lost = replace(movers.graph.by_arn[USER + "idle"], policies=(Policy.read("lost", None),))
    changed = movers.changed([lost, *(one for one in movers.everyone if one.arn != lost.arn)], movers.trusts)
    (way,) = changed.ways(USER + "idle", ADMIN)
    assert (way.steps, way.verdict, way.unread) == ((), Tri.DEPENDS, ("lost: the document could not be read",))
