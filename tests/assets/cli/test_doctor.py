"""`rolecall doctor` and `rolecall plan` against the loopback organization: what would fail, before it does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assets.cli.support import rolecall
from tests.conftest import Loopback

WITHOUT_READER = "918168603348"


@pytest.fixture
def organization(aws: Loopback, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    for name, value in {
        "EXTERNAL_ID": aws.external_id,
        "ROLE_NAME": aws.role_name,
        "REGIONS": '["us-east-1"]',
        "ORGANIZATION_CALLS_PER_SECOND": "1000",
        "RENDER_PDF": "false",
        "HOME": "new",
        # Accounts that can be read: the sample is random.
        "INCLUDE_ACCOUNTS": '["281653481575", "290972897018", "506150706042"]',
    }.items():
        monkeypatch.setenv(f"ROLECALL_{name}", value)
    yield aws
    aws.faults()


def examined(*arguments: str) -> tuple[int, dict[tuple[str, str], str]]:
    """Exit code, and the sentences by check and state."""
    result = rolecall("doctor", "--sample", "2", "--format", "json", *arguments)
    rows = json.loads(result.stdout)
    return result.exit_code, {(row["check"], row["state"]): f"{row['detail']}; {row['advice']}" for row in rows}


def test_a_sound_installation_has_no_failures_and_lands_nothing(organization: Loopback) -> None:
    code, checks = examined()
    assert code == 1  # the organization's clock is that of its nights
    assert {state for _, state in checks} == {"ok", "warning"}
    assert "answers in 2 of 2 accounts" in checks["reader role", "ok"]
    assert not Path("new").exists()


def test_a_wrong_external_id_is_named_once_with_advice(organization: Loopback) -> None:
    code, checks = examined("--external-id", "wrong")
    assert code == 2
    said = checks["reader role", "failed"]
    assert said.startswith("sts:AssumeRole failed in 2 of 2 (")
    assert "trust policy" in said


def test_a_region_that_nobody_knows_is_named(organization: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLECALL_REGIONS", '["us-east-1", "eu-centrall-1"]')
    _, checks = examined()
    assert checks["regions", "warning"].startswith("regions: eu-centrall-1 is not among the ")
    assert "write eu-central-1, if that is meant" in checks["regions", "warning"]


def test_a_missing_permission_is_named_with_its_action(organization: Loopback) -> None:
    organization.faults(
        {"kind": "deny", "service": "s3", "operation": "ListBuckets"},
        {"kind": "deny", "service": "organizations", "operation": "ListPolicies"},
    )
    code, checks = examined()
    assert code == 2
    assert "s3:ListBuckets failed (iam_deny), so " in checks["permissions", "failed"]
    assert "allow s3:ListAllMyBuckets for the reader role" in checks["permissions", "failed"]
    assert "for these credentials" in checks["organization", "failed"]


def test_a_plan_names_accounts_and_calls(organization: Loopback) -> None:
    result = rolecall("plan", "--format", "json")
    assert result.exit_code == 0, result.stderr
    calls = {row["service"]: row["calls"] for row in json.loads(result.stdout)}
    assert calls["iam"] > calls["organizations"] > 0
    assert "accounts would be read" in rolecall("plan").stdout


def test_an_account_whose_gap_is_accepted_is_said_and_fails_nothing(
    organization: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLECALL_INCLUDE_ACCOUNTS", f'["281653481575", "{WITHOUT_READER}"]')
    assert examined()[0] == 2
    Path("exceptions.toml").write_text(
        f'[[accepted_gaps]]\naccount = "{WITHOUT_READER}"\nowner = "a"\nreason = "b"\nticket = "c"\n'
        "expires_on = 2027-01-01\n"
    )
    code, checks = examined()
    assert code == 1
    assert f"({WITHOUT_READER}): User" in checks["reader role", "ok"]
    assert "; the register accepts it" in checks["reader role", "ok"]
