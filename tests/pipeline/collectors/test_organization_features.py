"""Collector `organization_features`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.collectors.support import rows_of, scripted


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, []),
        ({"OrganizationId": "o-1"}, []),
        (
            {"EnabledFeatures": ["RootSessions", "RootCredentialsManagement"]},
            ["RootCredentialsManagement", "RootSessions"],
        ),
    ],
)
def test_features_that_are_enabled(answer: Any, expected: list[str]) -> None:
    rows = rows_of("organization_features", scripted({"iam:ListOrganizationsFeatures": answer}))
    assert [row["feature"] for row in rows] == expected
