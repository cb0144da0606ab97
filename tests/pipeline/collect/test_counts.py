"""Lists against the counts of GetAccountSummary: a list that is too short is noticed."""

from __future__ import annotations

import pytest

from pipeline.collect.counts import METRICS, counted_of, shortfall
from pipeline.collectors import datasets

ARN = "arn:aws:iam::111111111111:role/a"


@pytest.mark.parametrize("name", METRICS)
def test_a_list_is_not_shorter_than_aws_counts(name: str) -> None:
    dataset = datasets()[name]
    assert counted_of([dataset]) == [name]
    rows = {name: [{"arn": f"{ARN}{n}"} for n in range(3)]}
    assert shortfall({METRICS[name]: 3}, [name], rows, []) == ""
    assert shortfall({METRICS[name]: 2}, [name], rows, []) == ""
    assert shortfall({}, [name], rows, []) == ""
    said = f"it lists 3 of the 4 {METRICS[name]} that GetAccountSummary counts"
    assert shortfall({METRICS[name]: 4}, [name], rows, []) == said
    unread = [{"dataset": name, "resource": f"{ARN}x"}]
    assert shortfall({METRICS[name]: 4}, [name], rows, unread) == ""


def test_policies_of_aws_are_not_counted() -> None:
    rows = {"policies": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}
    assert shortfall({"Policies": 1}, ["policies"], rows, []) != ""
