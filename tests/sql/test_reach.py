"""Whoever reaches an administrator does not pass BP06-04, in generated organizations.

Roles are trusted by services, by their account, by everybody and by other accounts, under conditions too; some trust
policies and some workloads were not read.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import pytest

from pipeline.schema import Row
from tests.sql import harness
from tests.sql.harness import AS_OF, Case
from tests.sql.test_alike import ACCOUNTS, EVERYTHING, organization

CONTROL = "no_privilege_escalation"
WORKLOADS = ("lambda_functions", "codebuild_projects", "ec2_instances", "ecs_clusters")
CONDITIONS: tuple[Row, ...] = (
    {},
    {},
    {"StringEquals": {"sts:ExternalId": "x"}},
    {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}},
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
)
models = cache(harness.load_catalog)


def trust(dice: random.Random, own: str) -> Row:
    who: Row = dice.choice(
        (
            {"Service": dice.choice(("lambda.amazonaws.com", "ec2.amazonaws.com"))},
            {"AWS": f"arn:aws:iam::{own}:root"},
            {"AWS": f"arn:aws:iam::{dice.choice(list(ACCOUNTS))}:{dice.choice(('root', 'role/app', 'user/ann'))}"},
            {"AWS": "*"},
        )
    )
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": who, "Condition": dice.choice(CONDITIONS)}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trusting(dice: random.Random) -> Case:
    """The organization with trust policies, and an administrator in each account."""
    rows = organization(dice)
    for account_id in ACCOUNTS:
        boss = f"arn:aws:iam::{account_id}:role/boss"
        of_account = {"account_id": account_id, "role_name": "boss", "arn": boss, "path": "/", "tags": {}}
        rows["roles"].append(of_account)
        holder = {"principal_type": "role", "principal_name": "boss", "principal_arn": boss}
        rows["inline_policies"].append(
            {"account_id": account_id, "policy_name": "all", "document": EVERYTHING} | holder
        )
    for role in rows["roles"]:
        role["trust_document"] = trust(dice, role["account_id"]) if dice.random() < 0.95 else None
    unread: list[Row] = [
        {"dataset": dataset, "account_id": dice.choice(list(ACCOUNTS)), "status": "failed", "error": "AccessDenied"}
        for dataset in WORKLOADS
        if dice.random() < 0.5
    ]
    return Case(CONTROL, "reach", AS_OF, rows, {}, unread, [], "")


def disagreements(case: Case) -> tuple[list[str], Counter[str]]:
    """Principals whose verdict is not what reach says, and how many were told what."""
    with harness.prepared(case, models()) as made:
        harness.rows_of(case, made)
        verdicts = {row["resource"]: row for row in harness.judged(case, made)}
        reached = made.con.execute(
            "select principal_arn, steps, possible_steps, is_unread or len(unread) > 0 from fact_reach"
        ).fetchall()
    wrong, told = [], Counter[str]()
    for arn, steps, possible, is_unread in reached:
        verdict = verdicts[arn]["verdict"]
        told[verdict] += 1
        expected = {"not_applicable", "unknown", "fail"}
        if possible is None:
            expected |= {"pass"}
        elif steps != 0 and not is_unread:
            expected -= {"not_applicable"}
        if verdict not in expected:
            wrong.append(f"{arn}: {steps}, {possible}, {is_unread}: {verdict}: {verdicts[arn]['reason']}")
    return wrong, told


def test_nobody_passes_who_reaches_an_administrator() -> None:
    wrong, told = disagreements(trusting(random.Random(1)))
    assert wrong == []
    assert told["fail"] > 1
    assert told["not_applicable"] > 1


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 80))
def test_nobody_passes_in_any_organization(seed: int) -> None:
    assert disagreements(trusting(random.Random(seed)))[0] == []
