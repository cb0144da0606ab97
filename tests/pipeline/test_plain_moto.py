"""A night of moto_server as it comes from PyPI: no emulator of ours, and answers that AWS would not give."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
from moto.server import ThreadedMotoServer

from pipeline import collectors
from pipeline.collect import run
from pipeline.night import DATABASE, Night
from pipeline.publish import database
from pipeline.quality.run import validate
from pipeline.settings import Settings
from pipeline.warehouse import build
from tests.conftest import HERMETIC

pytestmark = pytest.mark.slow

REGION, ROLE = "us-east-1", "reader"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
UNTOLD = "The credential report has no row for the root user."
"""What is unknown although every call was answered: moto's report has users alone."""


@dataclass
class Published:
    accounts: list[str]
    blocking: list[str]
    path: Path

    def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.path, read_only=True) as con:
            return con.execute(query, list(values)).fetchall()


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Three accounts, each with a user (password, access key), a role and a single policy, read and published."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        own = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": REGION}
        for name, value in {**HERMETIC, **own, "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t"}.items():
            patch.setenv(name, value)
        patch.setattr("pipeline.aws.visit.FIRST_BACKOFF_SECONDS", 0.01)
        accounts = organization()
        settings = Settings(home=home, role_name=ROLE, regions=[REGION], render_pdf=False, max_attempts=2)
        blocking = published(settings)
    server.stop()
    return Published(accounts, blocking, home / DATABASE)


def organization() -> list[str]:
    session = boto3.Session()  # of its own: boto3 keeps the first one's credentials for every later test
    organizations = session.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    for name in ("alpha", "beta"):
        organizations.create_account(AccountName=name, Email=f"{name}@example.com")
    accounts = [account["Id"] for account in organizations.list_accounts()["Accounts"]]
    sts = session.client("sts")
    for account_id in accounts:
        role = f"arn:aws:iam::{account_id}:role/{ROLE}"
        keys = sts.assume_role(RoleArn=role, RoleSessionName="furnish")["Credentials"]
        furnish(
            session.client(
                "iam",
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
            )
        )
    return accounts


def furnish(iam: Any) -> None:
    iam.create_user(UserName="ada")
    iam.create_login_profile(UserName="ada", Password="Long-and-unusual-1")
    iam.create_access_key(UserName="ada")
    policy = iam.create_policy(PolicyName="reads", PolicyDocument=json.dumps(DOCUMENT))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ada", PolicyArn=policy)
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(RoleName="app", PolicyArn=policy)


def published(settings: Settings) -> list[str]:
    """Read, check, judge and publish; the checks that would hold the night back."""
    night = Night(settings.home, datetime.now(UTC).date())
    plan = run.plan(settings, night)
    for index in range(len(plan.shards)):
        run.collect_shard(settings, plan, index)
    run.commit(settings, plan)
    blocking = [result.message for result in validate(settings, night) if result.is_blocking]
    build.build(settings, night)
    database.publish(settings, night)
    return blocking


def test_the_night_is_published_and_every_account_is_read(night: Published) -> None:
    assert night.blocking == []
    assert night.all("select read_status from accounts") == [("partly read",)] * 3
    wanted = {
        (account_id, name)
        for account_id in night.accounts
        for name, dataset in collectors.datasets().items()
        if dataset.operations and dataset.scope != "organization"
    }
    assert wanted <= set(night.all("select account_id, dataset from coverage"))


def test_what_could_not_be_read_names_its_call_and_is_no_fault_of_ours(night: Published) -> None:
    failed = night.all("select dataset, operation, error_class from coverage where status = 'failed'")
    assert [row for row in failed if row[1] is None or row[2] == "collector_error"] == []
    unknown = night.all("select control_id, reason from findings where verdict = 'unknown'")
    operations = {operation for (operation,) in night.all("select distinct operation from ledger")}
    holds_it = "What it may do cannot be determined: "
    unsaid = [row for row in unknown if row[1] != UNTOLD and not row[1].startswith(holds_it)]
    assert [row for row in unsaid if not any(name in row[1] for name in operations)] == []


def test_a_policy_without_its_name_costs_itself_and_its_holders_alone(night: Published) -> None:
    """moto leaves PolicyName out of the Policies of GetAccountAuthorizationDetails."""
    status = "select distinct status from coverage where dataset in ('users', 'groups', 'roles', 'policies')"
    assert night.all(status) == [("ok",)]
    for account_id in night.accounts:
        found = dict(
            night.all(
                "select resource, verdict from findings where account_id = ? and control_id = ?",
                account_id,
                "no_admin_customer_policies",
            )
        )
        assert found == {f"arn:aws:iam::{account_id}:policy/reads": "unknown"}
        own = "select verdict from findings where account_id = ? and control_id = ? and resource like '%/ada%'"
        assert night.all(own, account_id, "ownership_for_review") == [("fail",)]
        assert night.all(own, account_id, "delegated_admins_bounded") == [("unknown",)]
