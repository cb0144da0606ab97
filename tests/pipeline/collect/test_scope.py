"""Which accounts the settings select."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.collect.scope import select
from pipeline.settings import Refused, Settings

ROOTS = [{"root_id": "r-1", "name": "Root"}]
UNITS = [
    {"ou_id": "ou-work", "name": "Workloads", "parent_id": "r-1"},
    {"ou_id": "ou-prod", "name": "Prod", "parent_id": "ou-work"},
    {"ou_id": "ou-test", "name": "Test", "parent_id": "ou-work"},
    {"ou_id": "ou-other", "name": "Prod", "parent_id": "r-1"},
]
MANAGEMENT, PROD, TEST, OTHER, CLOSED = ("0" * 11 + n for n in "12345")
ACCOUNTS = [
    {"account_id": MANAGEMENT, "parent_id": "r-1", "tags": "{}"},
    {"account_id": PROD, "parent_id": "ou-prod", "tags": '{"env":"prod","team":"a"}'},
    {"account_id": TEST, "parent_id": "ou-test", "tags": '{"env":"test"}'},
    {"account_id": OTHER, "parent_id": "ou-other", "tags": '{"env":"prod"}'},
    {"account_id": CLOSED, "parent_id": None, "tags": "{}"},
]
ALL = {MANAGEMENT, PROD, TEST, OTHER, CLOSED}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ALL),
        ({"include_accounts": [PROD, TEST]}, {PROD, TEST}),
        ({"exclude_accounts": [PROD]}, ALL - {PROD}),
        ({"include_ous": ["ou-work"]}, {PROD, TEST}),
        ({"include_ous": ["Workloads"]}, {PROD, TEST}),
        ({"include_ous": ["Root/Workloads/Prod"]}, {PROD}),
        ({"include_ous": ["/Prod/"]}, {OTHER}),
        ({"include_ous": ["r-1"]}, ALL - {CLOSED}),
        ({"exclude_ous": ["Workloads/Test", "ou-other"]}, {MANAGEMENT, PROD, CLOSED}),
        ({"include_tags": ["env=prod", "env=test"]}, {PROD, TEST, OTHER}),
        ({"include_tags": ["env=prod"], "include_ous": ["Workloads"]}, {PROD}),
        ({"include_ous": ["Workloads"], "exclude_tags": ["team=a"]}, {TEST}),
        ({"include_accounts": [PROD], "exclude_accounts": [PROD]}, set()),
    ],
)
def test_selection(settings: dict[str, Any], expected: set[str]) -> None:
    assert select(Settings(**settings), ROOTS, UNITS, ACCOUNTS) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"include_accounts": ["999999999999"]}, "include_accounts: '999999999999' is no account"),
        ({"exclude_ous": ["Wrokloads"]}, "exclude_ous: 'Wrokloads' is no organizational unit"),
        ({"include_tags": ["env"]}, "include_tags: 'env' must be written key=value"),
    ],
)
def test_names_that_are_not_there_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        select(Settings(**settings), ROOTS, UNITS, ACCOUNTS)
