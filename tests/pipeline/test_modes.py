"""Modes of running: a delegated administrator's account, and an account in no organization."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.aws.failures import ASSUME_ROLE
from pipeline.collect import run
from pipeline.collect.unread import unread_accounts
from pipeline.night import WAREHOUSE, Night
from pipeline.quality.run import validate
from pipeline.settings import Refused, Settings
from pipeline.warehouse import build
from tests import nights
from tests.conftest import Loopback

MANAGEMENT, SECURITY, ALONE = "729096989405", "874237254706", "281653481575"

pytestmark = pytest.mark.slow


@pytest.fixture
def called_by(aws: Loopback, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def call_as(**caller: Any) -> None:
        for name, value in aws.call_as(**caller).items():
            monkeypatch.setenv(name, value)

    yield call_as
    aws.reset()


def read(aws: Loopback, home: Path, number: int = 1, **more: Any) -> Night:
    settings, night = aws.settings(home, **more), Night(home, aws.nights[number - 1])
    plan = run.plan(settings, night)
    for index in range(len(plan.shards)):
        run.collect_shard(settings, plan, index)
    run.commit(settings, plan)
    return night


def judge(aws: Loopback, night: Night) -> None:
    """Check and judge a night, as a run does."""
    settings = aws.settings(night.home)
    floor = Settings.model_validate(settings.model_dump() | {"min_coverage_to_publish": 50})
    assert [result.message for result in validate(floor, night) if result.is_blocking] == []
    build.build(settings, night)


def asked(home: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with duckdb.connect(home / WAREHOUSE, read_only=True) as con:
        return con.execute(query, list(values)).fetchall()


# An account in no organization


def test_an_account_in_no_organization_is_the_whole_night(aws: Loopback, called_by: Any, tmp_path: Path) -> None:
    called_by(account_id=ALONE, is_alone=True)
    night = read(aws, tmp_path)
    assert {operation for account, operation in aws.calls() if operation.startswith("organizations:")} == {
        "organizations:DescribeOrganization"
    }
    judge(aws, night)
    assert asked(tmp_path, "select account_id, read_status, ou_path, name from accounts") == [
        (ALONE, "read", None, ALONE)
    ]
    assert unread_accounts(night) == (0, 0)
    said = dict(asked(tmp_path, "select control_id, [verdict, reason] from findings where resource like '%:root'"))
    of_organization = asked(tmp_path, "select control_id from controls where scope = 'organization'")
    assert len(of_organization) > 5
    for (control,) in of_organization:
        assert said[control] == ["not_applicable", "The account is in no organization."]
    assert said["org_membership_all_features"] == ["fail", "The account is in no organization."]
    for control in ("scp_coverage", "rcp_coverage", "scp_objectives", "idc_org_instance", "tag_policies"):
        query = "select distinct verdict from findings where control_id = ?"
        assert asked(tmp_path, query, control) == [("not_applicable",)], control
    assert asked(tmp_path, "select distinct control_id, reason from findings where verdict = 'unknown'") == []
    judged = asked(tmp_path, "select count(distinct control_id) from findings where verdict in ('pass', 'fail')")
    assert judged[0][0] > 50


def test_a_home_of_an_organization_is_not_made_that_of_one_account(
    aws: Loopback, called_by: Any, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nights.landed(aws, tmp_path_factory).copy(tmp_path)
    aws.reset(6)
    called_by(account_id=ALONE, is_alone=True)
    with pytest.raises(Refused, match=f"its nights are of an organization, and account {ALONE} is in none"):
        run.plan(aws.settings(tmp_path), Night(tmp_path, aws.nights[5]))


# A delegated administrator

FEW = [MANAGEMENT, SECURITY, ALONE]
FAILED = "select dataset, operation, error_class from coverage where status = 'failed' and account_id = ? order by all"
FINDINGS = "select control_id, account_id, region, resource, verdict from findings order by all"


def test_a_night_of_a_delegated_administrator_is_that_of_the_management_account(
    aws: Loopback, called_by: Any, tmp_path: Path
) -> None:
    judge(aws, read(aws, tmp_path / "management", include_accounts=FEW))
    aws.reset()
    called_by(account_id=SECURITY)
    night = read(aws, tmp_path / "delegated", include_accounts=FEW)
    judge(aws, night)
    assert unread_accounts(night) == (0, 0)
    managed, delegated = (set(asked(tmp_path / home, FINDINGS)) for home in ("management", "delegated"))
    moved = {finding for finding in managed ^ delegated if not finding[3].endswith(("Runner", "Reader"))}
    assert moved == set()


def test_a_management_account_without_a_reader_is_one_gap_that_can_be_accepted(
    aws: Loopback, called_by: Any, tmp_path: Path
) -> None:
    register = tmp_path / "exceptions.toml"
    answered = 'owner = "a"\nreason = "No StackSet reaches it."\nticket = "c"\nexpires_on = 2027-01-01\n'
    register.write_text(f'[[accepted_gaps]]\naccount = "{MANAGEMENT}"\noperation = "{ASSUME_ROLE}"\n{answered}')
    called_by(account_id=SECURITY, management_has_reader=False)
    night = read(aws, tmp_path, include_accounts=[MANAGEMENT, SECURITY], exceptions_file=register)
    judge(aws, night)
    assert unread_accounts(night) == (0, 1)
    assert {operation for _, operation, _ in asked(tmp_path, FAILED, MANAGEMENT)} == {ASSUME_ROLE}
    ledger = "select operation from ledger where account_id = ? and status = 'failed'"
    assert asked(tmp_path, ledger, MANAGEMENT) == [(ASSUME_ROLE,)]
    drift = "select account_id, verdict from findings where control_id = 'guardrail_drift'"
    assert asked(tmp_path, drift) == [(MANAGEMENT, "unknown")]
