"""What AWS would find wrong with a policy, as far as can be told without asking."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.policy import actions
from pipeline.policy.text import problems
from tests.pipeline.policy.support import allow


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (allow("s3:GetObject"), []),
        (
            allow("s3:GetObjekt"),
            [f"s3:GetObjekt is no action in the Service Authorization Reference of {actions.read_on()}."],
        ),
        (allow("s3:GetObject", "bucket"), ["Not a policy: statement 0, Resource: expected an ARN"]),
        (allow("s3:GetObject", "arn:aws:s3"), ["arn:aws:s3 is not an ARN."]),
        (allow("s3:GetObject", Condition={"Bool": {"aws:SecureTransport": "maybe"}}), ["Condition Bool on"]),
        ({"Version": "2012-10-17", "Statement": []}, ["Not a policy: document, Statement"]),
    ],
)
def test_problems_are_what_aws_would_say(source: dict[str, Any], expected: list[str]) -> None:
    found = list(problems(json.dumps(source)))
    assert len(found) == len(expected)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True))
