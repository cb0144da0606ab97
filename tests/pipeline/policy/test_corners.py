"""Small rules that the larger tests pass by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.policy import (
    Account,
    Context,
    Policy,
    Principal,
    Role,
    Tri,
    document_facts,
    escalations,
    outside_access,
    parse,
)
from pipeline.policy.partitions import home_region, partition_of, partitions
from tests.pipeline.policy.support import ACCOUNT, INSIDE, OTHER, allow, document, policies, statement


@pytest.mark.parametrize("order", [1, -1])
def test_the_freest_way_in_is_told(order: int) -> None:
    vendor = {"AWS": f"arn:aws:iam::{OTHER}:root"}
    one = {"Effect": "Allow", "Principal": vendor, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/one"}
    limited = {**one, "Resource": "arn:aws:s3:::b/two", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    both = document(*[limited, one][::order])
    (found,) = outside_access(Policy.read("bucket", both, "resource"), INSIDE)
    assert (found.verdict, found.limited_by) == (Tri.YES, ())
    (found,) = outside_access(Policy.read("bucket", document(limited), "resource"), INSIDE)
    assert (found.verdict, found.limited_by) == (Tri.DEPENDS, ("aws:SourceIp",))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a${aws:username}b", "aannab"),
        ("a${aws:username", "a${aws:username"),
        ("}a${aws:username}", "}aanna"),
        ("${aws:username}${", "anna${"),
        ("${aws:username}${aws:username}", "annaanna"),
        ("${aws:none}", Tri.NO),
        ("${aws:none, 'x'}", "x"),
    ],
)
def test_variables_are_filled_in(pattern: str, expected: str | Tri) -> None:
    assert Context.of({"aws:username": "anna"}).expand(pattern) == expected


def test_roles_are_told_apart_though_alike() -> None:
    trust = Policy.read("trust", None)
    one, other = Role("arn:aws:iam::1:role/a", trust), Role("arn:aws:iam::1:role/a", trust)
    assert one != other
    assert len({one, other}) == 2


def test_partitions() -> None:
    assert {"aws", "aws-cn", "aws-us-gov", "aws-eusc"} <= set(partitions())
    assert all(partition_of(home_region(one)) == one for one in partitions())
    assert (home_region("aws-nowhere"), partition_of("zq7x")) == ("", "")


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn", "aws-eusc"])
def test_facts_are_the_same_in_every_partition(partition: str) -> None:
    def kinds(*documents: Any) -> set[tuple[str, str]]:
        text = json.dumps(document(*documents)).replace("arn:aws:", f"arn:{partition}:")
        return {(fact.kind, fact.detail) for fact in document_facts(parse(text))}

    statements = [
        statement("Allow", "s3:*", "arn:aws:s3:::*"),
        statement("Allow", "iam:PassRole", "arn:aws:iam::*:role/*"),
        statement("Allow", "iam:*", ["arn:aws:iam::*:role/*", "arn:aws:iam::*:policy/*"]),
    ]
    for one in statements:
        expected = {(fact.kind, fact.detail) for fact in document_facts(parse(document(one)))}
        assert kinds(one) == expected
        assert expected


@pytest.mark.parametrize(("partition", "service"), [("aws", "ec2.amazonaws.com"), ("aws-cn", "ec2.amazonaws.com.cn")])
def test_services_are_spelled_as_their_partition_does(partition: str, service: str) -> None:
    iam = f"arn:{partition}:iam::{ACCOUNT}"
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    role = Role(f"{iam}:role/box", Policy.read("trust", document(trust), "trust"), Tri.YES)
    to = {"StringEquals": {"iam:PassedToService": service}}
    held = policies(allow("ec2:RunInstances"), allow("iam:PassRole", Condition=to))
    found = escalations(Principal(f"{iam}:user/worker", held), Account({role.arn: role})).paths
    assert "ec2-run-instances" in {one.path.id for one in found}
