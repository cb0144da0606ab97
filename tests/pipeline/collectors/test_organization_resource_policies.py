"""Collector `organization_resource_policies`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.collectors.support import rows_of, scripted

POLICY = {
    "ResourcePolicySummary": {"Id": "rp-1", "Arn": "arn:rp"},
    "Content": '{"Statement": []}',
}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, []),
        ({"ResourcePolicy": POLICY}, [{"policy_id": "rp-1", "arn": "arn:rp", "document": '{"Statement":[]}'}]),
    ],
)
def test_the_policy_or_no_row(answer: Any, expected: list[Any]) -> None:
    assert (
        rows_of("organization_resource_policies", scripted({"organizations:DescribeResourcePolicy": answer}))
        == expected
    )
