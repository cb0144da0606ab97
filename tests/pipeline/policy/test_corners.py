"""Small rules that the larger tests pass by."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.policy import Context, Policy, Role, Tri, outside_access, parse
from pipeline.policy.partitions import home_region, partition_of, partitions
from pipeline.policy.profiles import is_portable
from tests.pipeline.policy.support import ACCOUNT, INSIDE, OTHER, allow, deny, document


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
    ("source", "expected"),
    [
        (allow("iam:PassRole"), True),
        (allow("iam:PassRole", "arn:aws:iam::*:role/*"), True),
        (allow("iam:PassRole", "arn:aws:iam::*:*"), True),
        (allow("iam:PassRole", "arn:aws:iam::*:role/app"), False),
        (allow("iam:PassRole", "arn:aws:iam::*:role/app-*"), False),
        (allow("s3:*", "arn:aws:s3:::iam"), True),
        (allow("s3:*", f"arn:aws:sqs:*:{ACCOUNT}:q"), False),
        (allow("s3:*", "arn:aws:s3:::${aws:username}"), False),
        (deny("s3:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "x"}}), False),
        (deny("s3:*", Condition={"StringEquals": {"aws:SourceIdentity": "x"}}), False),
        (deny("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}), True),
    ],
)
def test_what_says_the_same_of_every_holder(source: Any, expected: bool) -> None:
    assert is_portable(parse(source)) is expected


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
