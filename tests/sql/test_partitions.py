"""The cases of every control in other partitions: the same verdicts, but for what AWS does not have there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Any

import pytest

from tests.sql import harness
from tests.sql.harness import DEFAULTS, MEMBER, Case

PARTITIONS = ("aws-us-gov", "aws-cn", "aws-eusc")
OTHERWISE = {
    # No root user: https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-iam.html and
    # https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html
    "aws-us-gov": ("root", "account_contacts"),
    "aws-cn": ("root",),
    "aws-eusc": (),
}
"""Parts of the names of controls that say something else there, as their own cases show."""
CASES = list(harness.read_cases())
models = cache(harness.load_catalog)


def moved(value: Any, partition: str) -> Any:
    """The rows, settings or expectations with the ARNs of another partition."""
    if isinstance(value, dict):
        return {key: moved(one, partition) for key, one in value.items()}
    if isinstance(value, list):
        return [moved(one, partition) for one in value]
    return re.sub(r"\barn:aws:", f"arn:{partition}:", value) if isinstance(value, str) else value


def case_in(case: Case, partition: str) -> Case:
    rows = DEFAULTS | case.rows
    rows |= {"accounts": [harness.account(row.get("account_id", MEMBER)) | row for row in rows["accounts"]]}
    rows, settings, expect = (moved(one, partition) for one in (rows, case.settings, case.expect))
    return replace(case, rows=rows, settings=settings, expect=expect)


def differing(cases: Iterable[Case], partition: str) -> Iterator[str]:
    for case in cases:
        if not any(part in case.control_id for part in OTHERWISE[partition]) and "arn:aws-" not in str(case):
            there = case_in(case, partition)
            wrong = harness.mismatch(there, harness.judge(there, models()), models())
            if wrong:
                yield f"{case.control_id}: {case.name}: {wrong}"


FEW = [next(iter(cases)) for _, cases in groupby(CASES, key=lambda case: case.control_id)]


@pytest.mark.slow
@pytest.mark.parametrize("partition", PARTITIONS)
def test_a_case_of_every_sixth_control(partition: str) -> None:
    assert list(differing(FEW[PARTITIONS.index(partition) :: 6], partition)) == []


@pytest.mark.soak
@pytest.mark.parametrize("partition", PARTITIONS)
def test_every_case(partition: str) -> None:
    assert list(differing(CASES, partition)) == []
