"""Smaller policies for those furthest from least privilege: the rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.facts import proposals
from pipeline.policy import actions
from pipeline.policy.text import size
from pipeline.schema import Row
from tests.pipeline.facts.support import ONE, allow, arn, deny, document

APP = arn("role/app")
ALL = document(allow("*"))


def grant(name: str, text: str | None, **more: Any) -> Row:
    return {"name": name, "arn": None, "via_group": None, "sha256": name, "document": text} | more


def fact(*grants: Row, **more: Any) -> Row:
    worst = {
        "account_id": ONE,
        "arn": APP,
        "services_in_use": ["s3"],
        "services_not_used": ["iam"],
        "is_identity_center": False,
        "generated_policies": [],
        "grants": list(grants),
        "used_actions": [],
    } | more
    found: dict[str, list[Row]] = {"worst": [worst], "tracked": [{"action": "s3:CreateBucket"}]}
    (row,) = proposals.TABLE.table(proposals.rows(found)).to_pylist()
    return dict(row)


def test_a_proposal_says_what_it_replaces() -> None:
    row = fact(grant("all", ALL))
    assert (row["account_id"], row["arn"], row["source"]) == (ONE, APP, "last_accessed")
    assert (row["removed_services"], row["removed_actions"]) == (["iam"], ["s3:CreateBucket"])
    assert json.loads(row["replaces"]) == [{"name": "all", "arn": None, "via_group": None}]
    assert row["size_characters"] == sum(map(size, row["policies"]))
    assert (row["problems"], row["notes"]) == ([], [])


def test_actions_that_were_used_stay() -> None:
    assert fact(grant("all", ALL), used_actions=["s3:CreateBucket"])["removed_actions"] == []


def test_a_generated_policy_is_preferred_and_comes_with_a_warning() -> None:
    generated = [document(allow("s3:ListBucket")), "{", document(deny("s3:Put*"))]
    row = fact(grant("all", ALL), generated_policies=generated, is_identity_center=True)
    assert row["source"] == "access_analyzer"
    assert json.loads(row["policies"][0])["Statement"][0]["Action"] == "s3:ListBucket"
    assert row["notes"] == [proposals.IDENTITY_CENTER, proposals.DATA_EVENTS]


def test_nothing_is_proposed_in_place_of_what_cannot_be_read() -> None:
    row = fact(grant("odd", document()), grant("all", ALL))
    assert row["policies"] == row["notes"] == []
    assert row["problems"] == [
        "Could not be read: odd: document, Statement: expected one statement or a list of at least one."
    ]


def test_nothing_used_is_nothing_kept() -> None:
    row = fact(grant("all", ALL), services_in_use=[], services_not_used=["iam", "s3"])
    assert (row["policies"], row["notes"]) == ([], [proposals.NOTHING_USED])


def test_members_of_groups_are_warned() -> None:
    row = fact(grant("all", ALL, via_group="staff"))
    assert row["notes"] == [proposals.THROUGH_GROUPS]
    assert json.loads(row["replaces"])[0]["via_group"] == "staff"


def test_a_policy_that_aws_publishes_need_not_be_read() -> None:
    row = fact(grant("AdministratorAccess", None, arn="arn:aws:iam::aws:policy/AdministratorAccess", sha256=None))
    assert row["problems"] == []
    assert row["policies"]


def test_what_does_not_fit_one_policy_says_so() -> None:
    buckets = [f"arn:aws:s3:::a-bucket-with-a-long-name-{number}/*" for number in range(200)]
    row = fact(grant("many", document(*(allow("s3:GetObject", bucket) for bucket in buckets))))
    assert len(row["policies"]) > 1
    assert row["notes"] == [f"Does not fit one managed policy: split in {len(row['policies'])}, all of which it needs."]


@pytest.mark.parametrize(("used", "notes"), [(["ec2"], [proposals.WHOLE]), (["sqs"], [])])
def test_services_that_are_left_whole_say_so(used: list[str], notes: list[str]) -> None:
    tracked = [{"action": action} for action in sorted(actions.expand(f"{used[0]}:*"))[::9]]
    worst = {
        "account_id": ONE,
        "arn": APP,
        "services_in_use": used,
        "services_not_used": [],
        "is_identity_center": False,
        "generated_policies": [],
        "grants": [grant("all", ALL)],
        "used_actions": [],
    }
    (row,) = proposals.rows({"worst": [worst], "tracked": tracked})
    assert row["notes"] == notes
