"""Collector `trail_event_selectors`."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.collectors import (
    trail_event_selectors,
)


def basic(kind: str, has_management: bool = True) -> dict[str, Any]:
    return {"EventSelectors": [{"ReadWriteType": kind, "IncludeManagementEvents": has_management}]}


def advanced(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"AdvancedEventSelectors": [{"FieldSelectors": list(fields)}]}


MANAGEMENT, DATA = ({"Field": "eventCategory", "Equals": [kind]} for kind in ("Management", "Data"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({}, "None"),
        (basic("All"), "All"),
        (basic("WriteOnly"), "WriteOnly"),
        (basic("All", has_management=False), "None"),
        (advanced(MANAGEMENT), "All"),
        (advanced(DATA), "None"),
        (advanced(MANAGEMENT, {"Field": "readOnly", "Equals": ["true"]}), "ReadOnly"),
        (advanced(MANAGEMENT, {"Field": "readOnly", "Equals": ["false"]}), "WriteOnly"),
        (basic("ReadOnly") | advanced(MANAGEMENT, {"Field": "readOnly", "Equals": ["false"]}), "All"),
    ],
)
def test_management_events(answer: dict[str, Any], expected: str) -> None:
    assert trail_event_selectors.management_events(answer) == expected
