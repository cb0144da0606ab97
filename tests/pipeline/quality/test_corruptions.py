"""Any column of any dataset made wrong: a check finds it, or no verdict is wrong."""

from __future__ import annotations

import random

import pytest

from pipeline.night import Night
from pipeline.quality import plausible
from tests import nights
from tests.conftest import Loopback
from tests.mutated import A_THIRD, COUNTED, DATASETS, GONE, GONE_FROM_ROLL, Corruption, World, corruptions

pytestmark = pytest.mark.slow

ACCOUNTS = ["729096989405", "877789985464", "874237254706", "827043706262"]
MANAGEMENT, ONE = ACCOUNTS[:2]
SEED, FEW, MANY = 14, 10, 300
ALWAYS_FOUND = [
    Corruption("users", "", "lost", ONE),
    Corruption("users", "", COUNTED, ONE),
    Corruption("mfa_devices", "", "lost", ONE),
    Corruption("mfa_devices", "", COUNTED, ONE),
    Corruption("roles", "", "lost"),
    Corruption("accounts", "", GONE, ONE),
    Corruption("accounts", "", GONE_FROM_ROLL, ONE),
    Corruption("users", "", "twice"),
    Corruption("roles", "", "twice", ONE),
    Corruption("users", "", "under another account", ONE),
    Corruption("users", "account_id", "a digit short"),
    Corruption("organizational_units", "", "half lost"),
    Corruption("policy_attachments", "principal_arn", "noise", ONE),
    Corruption("policy_attachments", "policy_arn", "noise", ONE),
    Corruption("account_summary", "value", "tripled"),
    Corruption("account_summary", "value", "tripled", ONE),
    Corruption("trails", "", "lost, and none before"),
    Corruption("users", "", "lost, and none before"),
    Corruption("credential_report", "generated_at", "400 days old", ONE),
    Corruption("extracts", "status", "failed where the ledger is ok"),
]
"""Corruptions that no version let pass."""


@pytest.fixture(scope="module")
def world(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> World:
    landed = nights.landed(loopback, tmp_path_factory)
    settings = loopback.settings(landed.home, exceptions_file=landed.register, min_coverage_to_publish=0)
    return World(Night(landed.home, loopback.nights[nights.NIGHT - 1]), settings, ACCOUNTS)


def test_a_night_that_is_not_corrupted_passes_every_check(world: World) -> None:
    assert world.failing == set()


@pytest.mark.parametrize(
    "corruption",
    [
        Corruption("credential_report", "access_key_1_last_rotated_at", "2090"),
        Corruption("roles", "last_used_at", "2090"),
        Corruption("users", "created_at", "1970"),
        Corruption("credential_report", "password_enabled", "null"),
        Corruption("credential_report", "access_key_1_last_rotated_at", "null", ONE),
        Corruption("account_summary", "value", "-1", ONE),
        Corruption("external_findings", "", "lost, and none before"),
        Corruption("service_last_accessed", "last_accessed_at", "null"),
        Corruption("ledger", "data_time", "the day before"),
        Corruption("extracts", "status", "ok where the ledger failed"),
        Corruption("roles", "", COUNTED, ONE),
        Corruption("organization", "organization_id", "null"),
        Corruption("permission_set_assignments", "principal_type", "noise"),
        Corruption("policy_targets", "", "lost, and none before"),
        Corruption("identity_center_settings", "has_permission_sets", "false"),
        Corruption("roles", "", A_THIRD, ONE),
        Corruption("policies", "", A_THIRD, MANAGEMENT),
        Corruption("external_analyzer_regions", "", A_THIRD, MANAGEMENT),
        Corruption("credential_report", "generated_at", "400 days old"),
        Corruption("credential_report", "password_enabled", "false"),
        *(pytest.param(corruption, marks=pytest.mark.soak) for corruption in ALWAYS_FOUND),
    ],
    ids=str,
)
def test_what_passed_unseen_once_is_found(world: World, corruption: Corruption) -> None:
    is_found, wrong = world.tried(corruption)
    assert is_found
    assert wrong == []


@pytest.mark.parametrize(
    "corruption",
    [
        Corruption("policies", "document", "empty"),
        pytest.param(Corruption("policies", "document", "empty", ONE), marks=pytest.mark.soak),
        pytest.param(Corruption("inline_policies", "document", "empty"), marks=pytest.mark.soak),
        Corruption("roles", "trust_document", "empty"),
        pytest.param(Corruption("credential_report", "is_mfa_active", "true"), marks=pytest.mark.soak),
        pytest.param(Corruption("credential_report", "is_mfa_active", "false"), marks=pytest.mark.soak),
    ],
    ids=str,
)
def test_what_could_be_as_it_is_makes_no_verdict_wrong(world: World, corruption: Corruption) -> None:
    assert world.tried(corruption)[1] == []


def test_any_column_made_wrong_is_found_or_no_verdict_is_wrong(world: World) -> None:
    assert missed(world, SEED, FEW) == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_of_many_columns_made_wrong_one_in_fifty_is_taken_for_true_at_most(world: World, seed: int) -> None:
    found = missed(world, seed, MANY)
    assert len(found) <= MANY // 50, found


def missed(world: World, seed: int, many: int) -> list[str]:
    """The corruptions after which a verdict is wrong, but those that look as a change in the account would."""
    return [
        str(corruption)
        for corruption in corruptions(random.Random(seed), ACCOUNTS, many)
        if not could_be_true(world, corruption) and world.tried(corruption)[1]
    ]


def could_be_true(world: World, corruption: Corruption) -> bool:
    """Whether an optional value is left out in one account, or where few rows had one, as AWS does without a value."""
    columns = {column.name: column for column in DATASETS[corruption.dataset].columns}
    column = columns.get(corruption.column)
    if corruption.how != "null" or column is None or column.required:
        return False
    query = f"select count({column.name}) from raw_{corruption.dataset}"
    (filled,) = world.con.execute(query).fetchone() or (0,)
    return corruption.account_id != "" or filled < plausible.FEW
