"""Collector `organization_access_reports`."""

from __future__ import annotations

from pipeline.collectors import (
    organization_access_reports,
)
from tests.pipeline.collectors.support import (
    Remembering,
)


def test_units_are_named_by_their_path() -> None:
    rows = {
        "organization": [{"organization_id": "o-1"}],
        "organization_roots": [{"root_id": "r-1", "arn": "root"}],
        "organizational_units": [
            {"ou_id": "ou-2", "arn": "two", "parent_id": "ou-1"},
            {"ou_id": "ou-1", "arn": "one", "parent_id": "r-1"},
        ],
    }
    assert organization_access_reports.paths(Remembering({}, rows)) == {  # type: ignore[arg-type]
        "r-1": ("root", "o-1/r-1"),
        "ou-1": ("one", "o-1/r-1/ou-1"),
        "ou-2": ("two", "o-1/r-1/ou-1/ou-2"),
    }
