"""Which accounts the settings select."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline import landing
from pipeline.collect.carried_over import check_current
from pipeline.collect.scope import carried_over, select
from pipeline.collectors.organization_tree import ACCOUNTS as ROLL
from pipeline.night import Night
from pipeline.schema import EXTRACTS, Column, Dataset, account_column
from pipeline.settings import Refused, Settings

ROOTS = [{"root_id": "r-1", "name": "Root"}]
UNITS = [
    {"ou_id": "ou-work", "name": "Workloads", "parent_id": "r-1"},
    {"ou_id": "ou-prod", "name": "Prod", "parent_id": "ou-work"},
    {"ou_id": "ou-test", "name": "Test", "parent_id": "ou-work"},
    {"ou_id": "ou-other", "name": "Prod", "parent_id": "r-1"},
]
MANAGEMENT, PROD, TEST, OTHER, CLOSED = ("0" * 11 + n for n in "12345")
ACCOUNTS: list[dict[str, Any]] = [
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
    ],
)
def test_names_that_are_not_there_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        select(Settings(**settings), ROOTS, UNITS, ACCOUNTS)


@pytest.mark.parametrize("name", ["Prod/EU", "Root/Prod/EU", "/Prod/EU/"])
@pytest.mark.parametrize("key", ["include_ous", "exclude_ous"])
def test_a_path_of_two_units_is_refused_and_their_ids_are_not(key: str, name: str) -> None:
    below, beside = "ou-eu-below", "ou-eu-beside"
    units = [
        {"ou_id": "ou-prod", "name": "Prod", "parent_id": "r-1"},
        {"ou_id": below, "name": "EU", "parent_id": "ou-prod"},
        {"ou_id": beside, "name": "Prod/EU", "parent_id": "r-1"},
    ]
    accounts = [
        {"account_id": PROD, "parent_id": below, "tags": "{}"},
        {"account_id": OTHER, "parent_id": beside, "tags": "{}"},
    ]
    with pytest.raises(Refused, match=rf"{key}: '{name}' is the path of {below} and of {beside}: give the id"):
        select(Settings().model_copy(update={key: [name]}), ROOTS, units, accounts)
    chosen = select(Settings.model_construct(include_ous=[beside]), ROOTS, units, accounts)
    assert chosen == {OTHER}


def test_a_unit_named_as_the_root_is_told_from_it_by_its_id() -> None:
    units = [{"ou_id": "ou-1", "name": "Root", "parent_id": "r-1"}]
    with pytest.raises(Refused, match="'Root' is the path of ou-1 and of r-1"):
        select(Settings.model_construct(include_ous=["Root"]), ROOTS, units, [])


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """A night with two accounts in scope and one that is not."""
    made = Night(tmp_path, date(2026, 11, 20))
    made.landing_folder.mkdir(parents=True)
    empty: dict[str, Any] = dict.fromkeys(column.name for column in ROLL.columns)
    scoped = {PROD: True, TEST: True, OTHER: False}
    landing.write(made, ROLL, [empty | {"account_id": a, "is_in_scope": is_in} for a, is_in in scoped.items()])
    return made


@pytest.mark.parametrize(
    ("chosen", "kept"), [({PROD}, (TEST,)), ({PROD, TEST}, ()), ({PROD, TEST, OTHER}, ()), ({OTHER}, (PROD, TEST))]
)
def test_what_the_night_holds_and_the_settings_leave_out_is_carried_over(
    night: Night, chosen: set[str], kept: tuple[str, ...]
) -> None:
    assert carried_over(night, chosen, ACCOUNTS) == tuple(sorted(kept))


def test_an_account_that_left_the_organization_is_not(night: Night) -> None:
    assert carried_over(night, {PROD}, [account for account in ACCOUNTS if account["account_id"] != TEST]) == ()


def test_a_night_that_has_not_landed_holds_nothing(night: Night) -> None:
    assert carried_over(night.on(date(2026, 11, 21)), {PROD}, ACCOUNTS) == ()


TOLD = Dataset(
    "told", "Rows.", "account", ("iam:ListUsers",), (account_column(), Column("added", "varchar", "New")), ()
)


def test_rows_that_an_earlier_version_landed_are_not_carried_over(night: Night) -> None:
    extract = {c.name: None for c in EXTRACTS.columns} | {"account_id": PROD, "status": "ok", "rows": 0}
    landing.write(night, EXTRACTS, [extract | {"dataset": "users", "region": "global"}])
    with pytest.raises(Refused, match="an earlier version landed it, without told; read the whole night again"):
        check_current(night, [TOLD])
    landing.write(night, EXTRACTS, [extract | {"dataset": "told", "region": "global"}])
    check_current(night, [TOLD])
    landing.write(night, replace(TOLD, columns=TOLD.columns[:1]), [{"account_id": PROD}])
    with pytest.raises(Refused, match=r"without told\.added;"):
        check_current(night, [TOLD])
