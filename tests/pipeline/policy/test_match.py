"""Wildcards, ARNs, and that no pattern makes them slow."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.policy import match
from pipeline.policy.match import action_matches, common_arn, common_text, glob, resource_matches, without_variables
from tests.pipeline.policy.support import ACCOUNT
from tests.steps import Steps

PATTERN = st.text("ab:*?", max_size=9)
TEXT = st.text("ab:", max_size=12)


def by_regex(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL) is not None


@given(PATTERN, TEXT)
def test_glob_is_what_a_regex_would_say(pattern: str, text: str) -> None:
    assert glob(pattern, text) is by_regex(pattern, text)


@given(PATTERN, PATTERN, TEXT)
def test_common_text(left: str, right: str, text: str) -> None:
    common = common_text(left, right, "b")
    if common is None:
        assert not (by_regex(left, text) and by_regex(right, text))
    else:
        assert by_regex(left, common)
        assert by_regex(right, common)


def test_common_arn_keeps_to_the_fields() -> None:
    assert common_arn("arn:aws:ec2:*:*:instance/*", f"arn:aws:ec2:eu:{ACCOUNT}:subnet/*", "x") is None
    assert (
        common_arn("arn:*:iam::*:role/app-*", f"arn:aws:iam::{ACCOUNT}:role/*", "x")
        == f"arn:aws:iam::{ACCOUNT}:role/app-x"
    )
    assert common_arn("*", "arn:aws:s3:::*", "x") == "arn:aws:s3:::x"


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("*", "s3:GetObject", True),
        ("*:*", "s3:GetObject", True),
        ("S3:get*", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:**", "s3:GetObject", True),
        ("s3:", "s3:GetObject", False),
        ("s3:* ", "s3:GetObject", False),
        ("s3", "s3:GetObject", False),
        ("s3:GetObject?", "s3:GetObject", False),
        ("s3-outposts:*", "s3:GetObject", False),
    ],
)
def test_actions(pattern: str, action: str, expected: bool) -> None:
    assert action_matches(pattern, action) is expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::*", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::B/*", "arn:aws:s3:::b/k", False),
        ("arn:aws:s3:::b/*.txt", "arn:aws:s3:::b/a:b/c.txt", True),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/k", False),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x", True),
        ("arn:aws:iam::*:role/x", "arn:aws-cn:iam::1:role/x", False),
        ("arn:aws*:iam::*:role/x", "arn:aws-cn:iam::1:role/x", True),
        ("arn:aws:iam::*role/x", "arn:aws:iam::1:role/x", False),
        ("arn:aws:iam::*", "arn:aws:iam::1:role/x", True),
        ("arn:aws:iam:*", "arn:aws:iam::1:role/x", True),
        ("arn:aws:logs:*:*:log-group:a*:log-stream:*", "arn:aws:logs:eu:1:log-group:app:log-stream:s", True),
        ("arn:aws:s3:::*", "*", False),
    ],
)
def test_resources(pattern: str, resource: str, expected: bool) -> None:
    assert resource_matches(pattern, resource) is expected


def test_without_variables() -> None:
    assert without_variables("a/${aws:username}/${x, 'd'}b", "*") == "a/*/*b"
    assert glob(without_variables("a/${*}", "*"), "a/b") is False
    assert without_variables("a/${open", "*") == "a/${open"


@pytest.mark.parametrize("piece", ["*a", "*a?", "a*", "*?", "*ab"])
def test_a_pathological_pattern_costs_no_more_than_its_length(piece: str) -> None:
    def steps(size: int) -> int:
        with Steps(match.__file__) as counted:
            glob(piece * size + "b", "a" * size * 4)
        return counted.count

    small, large = steps(100), steps(800)
    assert large <= small * 8 * 2, (small, large)
