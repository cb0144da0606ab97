"""Who can on the demonstration's organization: the same callers as when each principal is asked by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from pipeline.facts._principals import principals
from pipeline.night import Night
from pipeline.policy import Verdict
from pipeline.questions.answers import who_can
from pipeline.questions.earlier import landed
from pipeline.questions.published import Published
from pipeline.questions.resources import Resource, resource
from pipeline.questions.who_can import Question, decide
from tests import nights
from tests.conftest import Loopback

IN_ACCOUNTS = ("iam:CreateAccessKey", "iam:UpdateAssumeRolePolicy", "organizations:LeaveOrganization", "s3:PutObject")


@pytest.fixture(scope="module")
def night(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    whole = nights.landed(loopback, tmp_path_factory)
    settings = loopback.settings(whole.home)
    with landed(settings, Night(whole.home, loopback.nights[nights.NIGHT - 1])) as found:
        yield found


def questions(night: Published) -> Iterator[tuple[str, Resource]]:
    dice = random.Random(5)
    roles = [row["arn"] for row in night.rows("select arn from stg_roles where not is_service_linked order by arn")]
    for arn in dice.sample(roles, 25):
        yield "sts:AssumeRole", resource(night, "sts:AssumeRole", arn)
    for row in night.rows("select bucket from stg_buckets order by bucket"):
        yield "s3:GetObject", resource(night, "s3:GetObject", f"arn:aws:s3:::{row['bucket']}/x")
    for action in IN_ACCOUNTS:
        yield action, Resource("", "")


@pytest.mark.soak
def test_nobody_is_missing_and_nobody_too_many(night: Published) -> None:
    each = [night.factory.in_place(row) for row in night.rows(principals("int_permissions"))]
    assert len(each) > 1000
    count = 0
    for action, place in questions(night):
        question = Question(action, place, {})
        answer = who_can(night, question)
        found = {
            one.who.arn: name
            for name in ("may", "conditional", "unknown")
            for one in getattr(answer, name)
            if one.who.arn
        }
        verdicts = {principal.arn: decide(night, principal, question).verdict for principal in each}
        assert found.keys() == {arn for arn, v in verdicts.items() if v in (Verdict.ALLOWED, Verdict.DEPENDS)}
        if place.policy or not place.arn:
            assert {arn for arn, name in found.items() if name == "may"} == {
                arn for arn, verdict in verdicts.items() if verdict is Verdict.ALLOWED
            }
        count += len(found)
    assert count > 1000
