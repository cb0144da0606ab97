"""A night of the demo organization over HTTP, and what happens when AWS or the network does not play along."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from math import ceil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import collectors, landing, raw
from pipeline.collect import run as collect
from pipeline.collect.run import AccountRead, OrganizationRead, Plan, ShardResult
from pipeline.night import Night
from pipeline.settings import Refused, Settings
from tests import nights
from tests.conftest import ROOT, Loopback

DATASETS = collectors.datasets()
ORGANIZATION = {d.name for d in DATASETS.values() if d.scope == "organization" and d.operations}
OF_ACCOUNT = {d.name for d in DATASETS.values() if d.scope != "organization"}


@dataclass
class Collected:
    """A collected night: its raw tables, and what was asked of the server for it."""

    con: duckdb.DuckDBPyConnection
    settings: Settings
    plan: Plan
    events: list[Any]
    calls: Counter[tuple[str, str]]

    def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.con.execute(query, list(values)).fetchall()

    def failures(self, account_id: str) -> dict[str, tuple[str, str]]:
        """Dataset to operation and error class, of what failed in an account."""
        query = "select dataset, operation, error_class from raw_extracts where status = 'failed' and account_id = ?"
        return {dataset: (operation, kind) for dataset, operation, kind in self.all(query, account_id)}

    def ledger(self, account_id: str, operation: str) -> tuple[Any, ...]:
        query = """
            select status, error_class, calls, attempts from raw_ledger
            where account_id = ? and operation = ? and region in ('global', 'us-east-1')
        """
        (row,) = self.all(query, account_id, operation)
        return row


def run(aws: Loopback, settings: Settings, plan: Plan, events: list[Any] | None = None) -> Collected:
    """Collect and commit what is planned."""
    seen = events if events is not None else []
    for index in range(len(plan.shards)):
        collect.collect_shard(settings, plan, index, seen.append)
    calls = aws.calls()
    collect.commit(settings, plan)
    con = duckdb.connect()
    raw.attach(con, Night(settings.home, plan.as_of), collectors.datasets().values())
    return Collected(con, settings, plan, seen, calls)


@pytest.fixture(scope="module")
def night(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collected]:
    """A whole night, in two shards."""
    whole = nights.landed(loopback, tmp_path_factory)
    home = tmp_path_factory.mktemp("home")
    whole.copy(home)
    settings = loopback.settings(home, shards=2, exceptions_file=whole.register)
    with duckdb.connect() as con:
        raw.attach(con, Night(home, whole.plan.as_of), DATASETS.values())
        yield Collected(con, settings, whole.plan, whole.events, whole.calls)


@pytest.fixture
def some(aws: Loopback, night: Collected) -> list[str]:
    """Three member accounts of every night of which everything can be read, those that take the fewest requests."""
    query = """
        select account_id from raw_ledger join raw_accounts using (account_id)
        where account_id <> ? and joined_at < ?
            and account_id not in (select account_id from raw_extracts where status = 'failed')
        group by account_id order by sum(attempts), account_id limit 3
    """
    return [row[0] for row in night.all(query, night.plan.management_account_id, aws.nights[0])]


@pytest.fixture
def read_some(aws: Loopback, night: Collected, some: list[str], tmp_path: Path) -> Iterator[Any]:
    """Collect those three accounts under fault rules, without reading the organization again."""
    made: list[Collected] = []

    def read(*faults: dict[str, Any], closed_regions: dict[str, list[str]] | None = None, **more: Any) -> Collected:
        settings = aws.settings(tmp_path, **more)
        plan = Plan(
            f"run{len(made)}",
            night.plan.as_of,
            night.plan.caller_account_id,
            night.plan.management_account_id,
            (tuple(some),),
        )
        folder = landing.begin(Night(tmp_path, plan.as_of), plan.run_id)
        noted = json.loads(landing.noted(Night(night.settings.home, plan.as_of).landing_folder, "accounts") or "{}")
        landing.note(
            folder,
            "accounts",
            json.dumps(noted if closed_regions is None else noted | {"closed_regions": closed_regions}),
        )
        landing.note(folder, "plan", plan.to_json())
        aws.reset(nights.NIGHT)
        aws.faults(*faults)
        made.append(run(aws, settings, plan))
        return made[-1]

    yield read
    for one in made:
        one.con.close()


# A whole night


def test_an_account_read_again_leaves_the_others_of_the_night_as_they_were(
    aws: Loopback, night: Collected, some: list[str], tmp_path: Path
) -> None:
    shutil.copytree(night.settings.home, tmp_path, dirs_exist_ok=True)
    aws.reset(nights.NIGHT)
    settings = aws.settings(tmp_path, include_accounts=some[:1], exceptions_file=night.settings.exceptions_file)
    plan = collect.plan(settings, Night(tmp_path, night.plan.as_of))
    assert plan.shards == ((some[0],),)
    assert {*plan.carried_over, some[0]} == {a for a, _ in night.all("select account_id, state from raw_accounts")}
    again = run(aws, settings, plan)
    in_scope = "select account_id, state from raw_accounts where is_in_scope order by all"
    assert again.all(in_scope) == night.all(in_scope)
    for name, dataset in DATASETS.items():
        if dataset.scope == "organization" and name not in ("extracts", "unread_records"):
            continue
        rows = f"from raw_{name} where account_id <> '{some[0]}' order by all"
        assert again.all(rows) == night.all(rows), name
    extracts = "select dataset, region, status from raw_extracts where account_id = ? order by all"
    assert again.all(extracts, some[0]) == night.all(extracts, some[0])
    twice = "select account_id, operation from raw_ledger group by account_id, region, operation having count(*) > 1"
    assert again.all(twice) == []
    again.con.close()


def test_every_account_in_scope_has_its_extracts(night: Collected) -> None:
    active = {row[0] for row in night.all("select account_id from raw_accounts where state = 'ACTIVE' and is_in_scope")}
    found = Counter(
        row[0]
        for row in night.all(
            "select account_id from raw_extracts where dataset in (select unnest(?))", sorted(OF_ACCOUNT)
        )
    )
    assert found == dict.fromkeys(active, len(OF_ACCOUNT))
    assert {a for shard in night.plan.shards for a in shard} == active
    of_organization = night.all(
        "select dataset, status, account_id from raw_extracts where dataset in (select unnest(?))", sorted(ORGANIZATION)
    )
    assert sorted(of_organization) == [(name, "ok", night.plan.management_account_id) for name in sorted(ORGANIZATION)]


def test_accounts_that_are_not_active_are_listed_but_not_read(night: Collected) -> None:
    query = "select state, count(*) from raw_accounts anti join raw_extracts using (account_id) group by all"
    states = dict(night.all(query))
    assert states.keys() >= {"SUSPENDED", "CLOSED"}
    assert "ACTIVE" not in states


def test_rows_are_those_of_the_extracts_that_finished(night: Collected) -> None:
    for dataset in sorted(OF_ACCOUNT):
        if not DATASETS[dataset].history_days:
            counted = night.all(f"select account_id, count(*) from raw_{dataset} group by all")
            query = "select account_id, rows from raw_extracts where dataset = ? and status = 'ok' and rows > 0"
            assert sorted(counted) == sorted(night.all(query, dataset)), dataset


def test_the_data_of_an_account_are_its_own(night: Collected) -> None:
    for dataset, column in (
        ("users", "arn"),
        ("roles", "arn"),
        ("mfa_devices", "user_arn"),
        ("credential_report", "arn"),
    ):
        assert night.all(f"select * from raw_{dataset} where split_part({column}, ':', 5) <> account_id") == []


def test_extracts_agree_with_the_summary_of_the_account(night: Collected) -> None:
    for metric, dataset in (
        ("Users", "users"),
        ("Groups", "groups"),
        ("Roles", "roles"),
        ("Roles", "role_session_durations"),
    ):
        query = f"""
            select s.account_id from raw_account_summary s
            where s.metric = ? and s.value <> (select count(*) from raw_{dataset} d where d.account_id = s.account_id)
        """
        assert night.all(query, metric) == []


def test_keys_hold_and_required_columns_are_filled(night: Collected) -> None:
    for dataset in DATASETS.values():
        if dataset.key:
            key = ", ".join(dataset.key)
            assert night.all(f"select {key} from raw_{dataset.name} group by all having count(*) > 1") == [], (
                dataset.name
            )
        for column in dataset.columns:
            bad = f'select * from raw_{dataset.name} where "{column.name}" '
            if column.required:
                assert night.all(bad + "is null") == [], (dataset.name, column.name)
            if column.pattern:
                assert (
                    night.all(bad + 'is not null and not regexp_full_match("' + column.name + '", ?)', column.pattern)
                    == []
                )
            if column.values:
                assert night.all(bad + "not in (select unnest(?))", list(column.values)) == [], (
                    dataset.name,
                    column.name,
                )
            if column.references:
                table, of = column.references.split(".")
                found = night.all(bad + f"not in (select {of} from raw_{table})")
                assert found == [], (dataset.name, column.name)


def test_an_unreadable_account_fails_in_everything_by_its_role(night: Collected) -> None:
    unreadable = night.all("select distinct account_id from raw_extracts where error_class = 'assume_role_failed'")
    assert unreadable
    for (account_id,) in unreadable:
        assert night.failures(account_id) == dict.fromkeys(OF_ACCOUNT, ("sts:AssumeRole", "assume_role_failed"))
        assert night.all("select operation, attempts from raw_ledger where account_id = ?", account_id) == [
            ("sts:AssumeRole", 1)
        ]


def test_denied_operations_fail_exactly_their_datasets(night: Collected) -> None:
    query = "select account_id, operation from raw_ledger where error_class = 'scp_deny'"
    query += " and region in ('global', 'us-east-1')"
    denied: dict[str, set[str]] = {}
    for account_id, operation in night.all(query):
        denied.setdefault(account_id, set()).add(operation)
    assert denied
    for account_id, operations in denied.items():
        expected = {name for name in OF_ACCOUNT if operations & set(DATASETS[name].operations)}
        assert night.failures(account_id).keys() == expected
        assert {kind for _, kind in night.failures(account_id).values()} == {"scp_deny"}


def test_a_role_is_assumed_once_an_account(night: Collected) -> None:
    assert night.calls[night.plan.caller_account_id, "sts:AssumeRole"] == night.plan.accounts - 1


def test_requests_for_the_organization_are_the_least(night: Collected) -> None:
    management = night.plan.management_account_id
    sent = {what: n for (account, what), n in night.calls.items() if account == management}
    (accounts,), (units,), (policies,) = (
        night.all(f"select count(*) from raw_{name}")[0]
        for name in ("accounts", "organizational_units", "organization_policies")
    )
    (others,) = night.all("select count(*) from raw_management_policies")[0]
    assert sent["organizations:ListAccounts"] == ceil(accounts / 20)
    assert sent["organizations:ListOrganizationalUnitsForParent"] == units + 1
    assert sent["organizations:ListTagsForResource"] == accounts
    assert sent["organizations:DescribePolicy"] == policies + others
    assert sent["controltower:ListEnabledControls"] == 1
    targets = night.all("select ceil(count(*) / 20) from raw_policy_targets group by policy_id")
    without = policies - len(targets)
    assert sent["organizations:ListTargetsForPolicy"] == sum(int(n) for (n,) in targets) + without + others
    (documents,) = night.all("select count(distinct (document, policy_type)) from raw_organization_policies")[0]
    assert sent["accessanalyzer:ValidatePolicy"] >= documents  # the account's own as well
    assert "organizations:ListParents" not in sent
    assert sent["organizations:ListAccountsForParent"] == units + 1  # so that ListAccounts is known to be whole


def test_the_ledger_agrees_with_the_server(night: Collected) -> None:
    """By account and operation, but for GetCallerIdentity: every shard signs in, the ledger has the plan's."""
    prefixes = {"access-analyzer": "accessanalyzer", "cassandra": "keyspaces", "sso": "sso-admin"}
    booked: Counter[tuple[str, str]] = Counter()
    for account_id, operation, attempts in night.all("select account_id, operation, attempts from raw_ledger"):
        prefix, name = operation.split(":")
        asked = night.plan.caller_account_id if prefix == "sts" else account_id
        booked[asked, f"{prefixes.get(prefix, prefix)}:{name}"] += attempts
    own = (night.plan.caller_account_id, "sts:GetCallerIdentity")
    assert {k: n for k, n in booked.items() if k != own} == {k: n for k, n in night.calls.items() if k != own}
    assert night.calls[own] == 1 + len(night.plan.shards)


def test_ledger_times_are_those_of_the_data(night: Collected) -> None:
    """The server's Date header; for the credential report, when it was made."""
    report = "iam:GetCredentialReport"
    query = "select distinct data_time::date from raw_ledger where status = 'ok' and operation <> ?"
    assert night.all(query, report) == [(night.plan.as_of,)]
    query = """
        select count(*) from raw_ledger l join raw_credential_report r using (account_id)
        where l.operation = ? and l.data_time <> r.generated_at
    """
    assert night.all(query, report) == [(0,)]


def test_progress_tells_of_every_account(night: Collected) -> None:
    first, *others = night.events
    assert first == OrganizationRead(night.all("select count(*) from raw_accounts")[0][0], night.plan.accounts)
    assert {event.account_id for event in others} == {a for shard in night.plan.shards for a in shard}
    for event in others:
        assert isinstance(event, AccountRead)
        assert set(event.failed) == night.failures(event.account_id).keys()
        assert bool(event.reason) == bool(event.failed)


def test_a_plan_travels_as_json_and_as_pickle(night: Collected) -> None:
    assert Plan.from_json(night.plan.to_json()) == night.plan
    assert pickle.loads(pickle.dumps(night.plan)) == night.plan


def test_committing_twice_changes_nothing(night: Collected) -> None:
    assert (
        collect.commit(night.settings, night.plan)["accounts"] == night.all("select count(*) from raw_accounts")[0][0]
    )


# Faults


RECOVERS = [
    ("truncate", "iam", "ListRoles", "iam:ListRoles"),
    ("malformed", "iam", "GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails"),
    ("malformed", "accessanalyzer", "ListAnalyzers", "access-analyzer:ListAnalyzers"),
    ("truncate", "sso-admin", "ListInstances", "sso:ListInstances"),
    ("reset", "iam", "GetAccountSummary", "iam:GetAccountSummary"),
    ("server_error", "account", "GetAlternateContact", "account:GetAlternateContact"),
    ("throttle", "iam", "ListSAMLProviders", "iam:ListSAMLProviders"),
    ("throttle", "sts", "AssumeRole", "sts:AssumeRole"),
]


def test_passing_faults_are_recovered_from_and_counted(read_some: Any, some: list[str]) -> None:
    clean = read_some()
    counts = {operation: clean.ledger(some[0], operation) for *_, operation in RECOVERS}
    rows = clean.all("select dataset, rows from raw_extracts where account_id = ? order by all", some[0])
    faults = [
        {"account": some[0], "service": s, "operation": o, "kind": kind, "times": 1} for kind, s, o, _ in RECOVERS
    ]
    found = read_some(*faults)
    assert found.failures(some[0]) == {}
    assert found.all("select dataset, rows from raw_extracts where account_id = ? order by all", some[0]) == rows
    for operation, (status, kind, calls, attempts) in counts.items():
        assert found.ledger(some[0], operation) == (status, kind, calls, attempts + 1), operation


@pytest.mark.parametrize(
    ("kind", "error_class"),
    [
        ("deny", "iam_deny"),
        ("reset", "connection"),
        pytest.param("truncate", "truncated", marks=pytest.mark.soak),
        pytest.param("malformed", "truncated", marks=pytest.mark.soak),
        pytest.param("server_error", "server_error", marks=pytest.mark.soak),
        pytest.param("expired", "expired_credentials", marks=pytest.mark.soak),
    ],
)
def test_lasting_faults_fail_their_datasets_and_no_other(
    read_some: Any, some: list[str], kind: str, error_class: str
) -> None:
    found = read_some(
        {"account": some[0], "service": "iam", "operation": "ListRoles", "kind": kind},
        {"account": some[0], "service": "accessanalyzer", "operation": "ListAnalyzers", "kind": kind},
        max_attempts=2,
    )
    denied = ("iam:ListRoles", "access-analyzer:ListAnalyzers")
    assert found.failures(some[0]) == {
        name: (operation, error_class)
        for operation in denied
        for name in OF_ACCOUNT
        if operation in DATASETS[name].operations
    }
    status, booked, calls, attempts = found.ledger(some[0], "iam:ListRoles")
    assert (status, booked, calls) == ("failed", error_class, 0)
    assert attempts == (1 if kind == "deny" else 2)
    assert found.all("select count(*) from raw_role_session_durations where account_id = ?", some[0]) == [(0,)]
    assert found.failures(some[1]) == found.failures(some[2]) == {}


def test_an_account_throttled_for_ever_leaves_the_others_alone(read_some: Any, some: list[str]) -> None:
    found = read_some({"account": some[0], "service": "iam", "kind": "throttle"}, max_attempts=3)
    failed = found.failures(some[0])
    assert set(failed) == {n for n in OF_ACCOUNT if any(o.startswith("iam:") for o in DATASETS[n].operations)}
    assert {kind for _, kind in failed.values()} == {"throttled"}
    attempts = "select max(attempts) from raw_ledger where account_id = ? and operation like 'iam:%'"
    assert found.all(attempts, some[0]) == [(3,)]
    assert found.failures(some[1]) == found.failures(some[2]) == {}


def test_a_stalled_account_does_not_hold_the_others(aws: Loopback, read_some: Any, some: list[str]) -> None:
    stall = {"account": some[0], "service": "iam", "kind": "stall", "delay": 3}
    found = read_some(stall, call_timeout_seconds=0.5, max_attempts=2)
    # Two waits for the first operation, one for the second, and IAM counts as not answering.
    attempts = "select sum(attempts) from raw_ledger where account_id = ? and operation like 'iam:%'"
    assert found.all(attempts, some[0]) == [(3,)]
    assert found.failures(some[1]) == found.failures(some[2]) == {}
    assert {kind for _, kind in found.failures(some[0]).values()} == {"timeout"}
    assert "alternate_contacts" not in found.failures(some[0])


def test_a_region_that_is_not_switched_on_fails_in_that_region_only(read_some: Any, some: list[str]) -> None:
    deny = {"account": some[0], "service": "accessanalyzer", "region": "eu-west-1", "kind": "deny"}
    found = read_some(deny, regions=["us-east-1", "eu-west-1"])
    query = "select region, dataset from raw_extracts where status = 'failed' and account_id = ?"
    assert set(found.all(query, some[0])) == {
        ("eu-west-1", name)
        for name in OF_ACCOUNT
        if DATASETS[name].scope == "region" and any(o.startswith("access-analyzer:") for o in DATASETS[name].operations)
    }


def test_a_collector_that_breaks_fails_alone(read_some: Any, some: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.collectors.saml_providers.utc", lambda moment: 1 / 0)
    found = read_some()
    query = "select dataset, operation, error_class, message from raw_extracts where status = 'failed' order by all"
    failed = found.all(query)
    assert failed
    for dataset, operation, kind, message in failed:
        assert (dataset, operation, kind) == ("saml_providers", None, "collector_error")
        assert "ZeroDivisionError: division by zero (test_run.py:" in message


def test_a_row_of_the_wrong_type_fails_its_dataset(
    read_some: Any, some: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.collectors.password_policies.POLICIES", collectors.datasets()["account_aliases"])
    found = read_some()
    assert {kind for _, kind in found.failures(some[0]).values()} == {"collector_error"}
    assert found.failures(some[0]).keys() == {"password_policies"}


# The organization


def test_an_organization_dataset_that_fails_is_an_extract_that_failed(
    aws: Loopback, some: list[str], tmp_path: Path
) -> None:
    settings = aws.settings(tmp_path, include_accounts=some[:1])
    aws.faults({"service": "iam", "operation": "ListOrganizationsFeatures", "kind": "deny"})
    made = run(aws, settings, collect.plan(settings, Night(tmp_path, aws.nights[0])))
    assert made.failures(made.plan.management_account_id) == {
        "organization_features": ("iam:ListOrganizationsFeatures", "iam_deny")
    }
    assert made.all("select account_id from raw_accounts where is_in_scope") == [(some[0],)]
    made.con.close()


@pytest.mark.parametrize(
    "operation", ["ListRoots", "ListAccounts", "ListOrganizationalUnitsForParent", "DescribeOrganization"]
)
def test_an_organization_that_cannot_be_listed_is_refused(aws: Loopback, tmp_path: Path, operation: str) -> None:
    aws.faults({"service": "organizations", "operation": operation, "kind": "deny"})
    with pytest.raises(Refused, match=rf"organizations:{operation}: .* run with credentials of the management"):
        collect.plan(aws.settings(tmp_path), Night(tmp_path, aws.nights[0]))
    assert not (tmp_path / "landing").exists()


def test_bad_credentials_are_refused(aws: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "wrong")
    with pytest.raises(
        Refused, match=rf"AWS \(profile default, {aws.endpoint}\): sts:GetCallerIdentity: .*; sign in again"
    ):
        collect.plan(aws.settings(tmp_path), Night(tmp_path, aws.nights[0]))


def test_expired_credentials_are_refused(aws: Loopback, tmp_path: Path) -> None:
    aws.faults({"service": "sts", "kind": "expired"})
    with pytest.raises(Refused, match="is expired; sign in again"):
        collect.plan(aws.settings(tmp_path), Night(tmp_path, aws.nights[0]))


def test_an_endpoint_that_is_not_there_is_refused(
    aws: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Refused, match=r"http://127\.0\.0\.1:9.*; no answer came: see the network, AWS_ENDPOINT_URL"):
        collect.plan(aws.settings(tmp_path, max_attempts=2), Night(tmp_path, aws.nights[0]))


def test_nothing_to_read_is_refused(aws: Loopback, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no ACTIVE account"):
        collect.plan(aws.settings(tmp_path, include_tags=["no=such"]), Night(tmp_path, aws.nights[0]))


# Runs


def empty_plan(home: Path, night: Collected, run_id: str) -> Plan:
    plan = Plan(run_id, night.plan.as_of, night.plan.caller_account_id, night.plan.management_account_id, ((), ()))
    landing.note(landing.begin(Night(home, plan.as_of), run_id), "plan", plan.to_json())
    return plan


def test_a_night_wants_all_its_shards(aws: Loopback, night: Collected, tmp_path: Path) -> None:
    settings, plan = aws.settings(tmp_path), empty_plan(tmp_path, night, "a")
    assert collect.collect_shard(settings, plan, 1) == ShardResult(1, 0, (), {})
    with pytest.raises(Refused, match=r"1 of 2 shards are not collected \(first: 0\)"):
        collect.commit(settings, plan)
    assert landing.nights(tmp_path) == []


def test_two_plans_for_a_night_leave_one_night(aws: Loopback, night: Collected, tmp_path: Path) -> None:
    settings = aws.settings(tmp_path)
    first, second = empty_plan(tmp_path, night, "a"), empty_plan(tmp_path, night, "b")
    with pytest.raises(Refused, match="another took its place"):
        collect.collect_shard(settings, first, 0)
    for index in (0, 1):
        collect.collect_shard(settings, second, index)
    collect.commit(settings, second)
    with pytest.raises(Refused, match="another took its place"):
        collect.commit(settings, first)
    assert landing.nights(tmp_path) == [Night(tmp_path, night.plan.as_of)]
    assert list((tmp_path / "landing/.run").glob("*/*")) == []


def test_other_credentials_than_the_plans_are_refused(aws: Loopback, night: Collected, tmp_path: Path) -> None:
    plan = Plan("a", night.plan.as_of, "000000000000", night.plan.management_account_id, ((),))
    landing.note(landing.begin(Night(tmp_path, plan.as_of), "a"), "plan", plan.to_json())
    with pytest.raises(Refused, match="credentials of 000000000000; run every shard with the same"):
        collect.collect_shard(aws.settings(tmp_path), plan, 0)


KILLED = """
import sys
from datetime import date
from pathlib import Path
from pipeline.collect import run as collect
from pipeline.night import Night
from pipeline.settings import Settings
settings = Settings.model_validate_json(sys.argv[1])
night = Night(settings.home, date.fromisoformat(sys.argv[2]))
plan = collect.plan(settings, night, lambda event: print("planned", flush=True))
collect.collect_shard(settings, plan, 0, lambda event: print("account", flush=True))
"""


@pytest.mark.slow
def test_a_kill_half_way_leaves_the_night_before(aws: Loopback, some: list[str], tmp_path: Path) -> None:
    settings = aws.settings(tmp_path, include_accounts=some)
    night = Night(tmp_path, aws.nights[0])
    before = run(aws, settings, collect.plan(settings, night))
    users = before.all("select count(*) from raw_users")
    before.con.close()
    aws.faults({"account": some[0], "service": "iam", "kind": "stall", "delay": 5})
    command = [sys.executable, "-c", KILLED, settings.model_dump_json(exclude_unset=True), str(night)]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert [process.stdout.readline().strip() for _ in range(2)] == ["planned", "account"]
        process.send_signal(signal.SIGKILL)
    aws.faults()
    assert list((tmp_path / "landing/.run").glob("*/*"))
    with duckdb.connect() as con:
        raw.attach(con, night, collectors.datasets().values())
        assert con.execute("select count(*) from raw_users").fetchall() == users
    again = run(aws, settings, collect.plan(settings, night))
    assert again.all("select count(*) from raw_users") == users
    assert landing.nights(tmp_path) == [night]
    assert list((tmp_path / "landing/.run").glob("*/*")) == []
    again.con.close()


@pytest.mark.parametrize("is_for_everybody", [True, False])
def test_a_region_is_not_owed_where_it_is_switched_off_or_the_scps_close_it_to_everybody(
    read_some: Any, some: list[str], is_for_everybody: bool
) -> None:
    denied = {"account": some[0], "region": "ap-south-1", "kind": "scp_deny"}
    closed = {some[0]: ["eu-central-2", *(["ap-south-1"] if is_for_everybody else [])]}
    found = read_some(denied, regions=["us-east-1", "ap-south-1", "eu-central-2"], closed_regions=closed)
    regions = "select distinct region from raw_extracts where account_id = ? order by all"
    assert found.all(regions, some[0]) == [("ap-south-1",)] * (not is_for_everybody) + [("global",), ("us-east-1",)]
    query = "select distinct error_class from raw_ledger where account_id = ? and region = ? and status = 'failed'"
    assert found.all(query, some[0], "ap-south-1") == [("scp_deny",)]
    assert found.all(query, some[0], "eu-central-2") in ([("region_disabled",)], [("scp_deny",)])
    failed = {kind for _, kind in found.failures(some[0]).values()}
    assert failed == (set() if is_for_everybody else {"scp_deny"})


@pytest.mark.slow
def test_without_regions_in_the_settings_every_region_of_the_account_is_read(read_some: Any, some: list[str]) -> None:
    found = read_some({"account": some[1], "operation": "ListRegions", "kind": "deny"}, regions=[])
    read = {region for (region,) in found.all("select region from raw_extracts where account_id = ?", some[0])}
    on = "select region_name from raw_account_regions where account_id = ? and opt_status like 'ENABLED%'"
    closed = "select region from raw_ledger where account_id = ? and error_class = 'scp_deny'"
    assert read == {"global"} | set(chain(*found.all(on, some[0]))) - set(chain(*found.all(closed, some[0])))
    assert len(read) > 2
    failures = found.failures(some[1])
    assert failures["account_regions"] == ("account:ListRegions", "iam_deny")
    regional = {name for name in OF_ACCOUNT if DATASETS[name].scope == "region"}
    assert {failures[name] for name in regional} == {failures["account_regions"]}
