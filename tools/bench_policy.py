"""How permission analysis scales: with the number of distinct permissions, not of principals.

`python -m tools.bench_policy` fills the staging tables of principals, documents and SCPs, and runs the steps of a
night on them: `int_permissions` groups principals by the policies that apply to them, `fact_permissions` evaluates each
group once, and `fact_documents` each document.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import duckdb
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from pipeline.facts import documents as documents_fact
from pipeline.facts import permissions
from pipeline.facts._batches import queried
from pipeline.policy.actions import services
from pipeline.warehouse import models

ACCOUNTS = 5_000
SIZES = ((2_000_000, 20_000), (1_000_000, 20_000), (2_000_000, 10_000))
TABLES = """
    set variable as_of = date '2026-11-17';
    create table stg_organization as select 'o-1' as organization_id, '1' as management_account_id;
    create table stg_organization_roots as select ['SERVICE_CONTROL_POLICY'] as enabled_policy_types;
    create table stg_delegated_administrators (account_id varchar, service_principal varchar);
    create table stg_groups (account_id varchar, group_name varchar, arn varchar);
    create table stg_policies
        (account_id varchar, arn varchar, policy_name varchar, document_sha256 varchar, document varchar);
    create table stg_users as
        select account_id, arn, name as user_name, null::varchar as permissions_boundary_arn,
            []::varchar[] as group_names, '{}' as tags
        from holders where kind = 'user';
    create table stg_roles as
        select account_id, arn, name as role_name, null::varchar as permissions_boundary_arn,
            false as is_service_linked, '{}' as tags, 'trust' as trust_document_sha256
        from holders where kind = 'role';
    create table fact_trust_principals as
        select 'trust' as document_sha256, null::varchar as malformed_reason, false as tags_sessions;
    create table int_accounts as select distinct account_id, ['ou-1'] as ou_ids from holders;
    create table int_grants as
        select account_id, arn as principal_arn, 'own' as policy_name, null::varchar as policy_arn, document_sha256,
            null::varchar as via_group
        from holders inner join documents on holders.held = documents.number
        union all
        select account_id, arn, 'common', null, document_sha256, null
        from holders cross join documents where documents.number = -1;
    create table int_identity_documents as select document_sha256, document from documents where number >= -1;
    create table int_customer_documents as
        select '1' as account_id, document_sha256, document_sha256 as content_sha256, '1' as own_account
        from int_identity_documents;
    create table stg_organization_policies as select document_sha256, document from documents where number < -1;
    create table int_control_levels as
        select distinct account_id, 'SERVICE_CONTROL_POLICY' as policy_type, 'levels' as levels_sha256,
            (select [list({name: document_sha256, sha256: document_sha256})] from stg_organization_policies) as levels
        from holders;
"""


@dataclass(frozen=True)
class Measured:
    """Processor time in seconds for grouping principals and evaluating groups and documents; the number of groups."""

    principals: int
    documents: int
    grouping: float
    judging: float
    sets: int

    @property
    def seconds(self) -> float:
        return self.grouping + self.judging


def documents(count: int, seed: int) -> Iterator[tuple[int, Any]]:
    """Typical policies: a few services each, some with PassRole, IAM writes, or everything. Negative numbers: one
    that all principals have, and two SCPs.
    """
    names, rng = sorted(services()), random.Random(seed)
    for number in range(count):
        some = [
            f"{service}:{rng.choice(('Get*', 'List*', '*', 'Create*'))}"
            for service in rng.sample(names, rng.randint(1, 4))
        ]
        statements = [allow(some), allow(["logs:PutLogEvents"], f"arn:aws:logs:*:*:log-group:app-{seed}-{number}")]
        if number % 10 == 0:
            statements.append(allow(["iam:PassRole", "lambda:*", "ec2:RunInstances"], "arn:aws:iam::*:role/*"))
        if number % 25 == 0:
            mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
            statements.append(allow(["iam:PutRolePolicy", "iam:CreateAccessKey"]) | {"Condition": mfa})
        if number % 200 == 0:
            statements.append(allow(["*"]))
        yield number, statements
    yield -1, [allow(["sts:GetCallerIdentity", "iam:GetUser"])]
    yield -2, [allow(["*"])]
    yield -3, [allow(["organizations:LeaveOrganization", "cloudtrail:StopLogging"]) | {"Effect": "Deny"}]


def allow(actions: list[str], resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def filled(principals: int, distinct: int, seed: int) -> duckdb.DuckDBPyConnection:
    """A database with this many principals, alternating users and roles, and this many documents."""
    con = duckdb.connect()
    texts = [(n, json.dumps({"Version": "2012-10-17", "Statement": s})) for n, s in documents(distinct, seed)]
    rows = [{"number": n, "document": text, "document_sha256": sha256(text.encode()).hexdigest()} for n, text in texts]
    con.register("documents", pa.Table.from_pylist(rows))
    con.execute(
        f"""create table holders as
        select 100000000000 + n % {ACCOUNTS} as account, account::varchar as account_id, n * 7919 % {distinct} as held,
            if(held % 2 = 0, 'user', 'role') as kind, 'p' || n as name,
            'arn:aws:iam::' || account_id || ':' || kind || '/' || name as arn
        from range({principals}) as numbers(n)"""
    )
    for statement in TABLES.split(";"):
        con.execute(statement)
    return con


def measure(principals: int, distinct: int, seed: int) -> Measured:
    """Measure one size. Each seed gives different documents, so that no cached results are used."""
    con = filled(principals, distinct, seed)
    started = time.process_time()
    con.execute(f"create table int_permissions as {models.load().models['int_permissions'].sql}")
    grouped = time.process_time()
    with queried(con, permissions.QUERIES) as found:
        sets = sum(1 for _ in permissions.rows(found))
    with queried(con, documents_fact.QUERIES) as found:
        for _ in documents_fact.rows(found):
            pass
    return Measured(principals, distinct, grouped - started, time.process_time() - grouped, sets)


def main() -> None:
    measure(1_000, 1_000, seed=0)  # the catalogue of actions is read once
    results = Table("Principals", "Documents", "Sets of them", "Grouping", "Judging", "Both", box=None)
    measured = [measure(*size, seed) for seed, size in enumerate(SIZES, start=1)]
    for measurement in measured:
        seconds = (f"{value:.1f}" for value in (measurement.grouping, measurement.judging, measurement.seconds))
        results.add_row(f"{measurement.principals:,}", f"{measurement.documents:,}", f"{measurement.sets:,}", *seconds)
    whole, fewer_principals, fewer_documents = measured
    console = Console()
    console.print("Seconds of processor time:")
    console.print(results)
    for what, less in (("principals", fewer_principals), ("documents", fewer_documents)):
        judging, both = whole.judging / less.judging, whole.seconds / less.seconds
        console.print(
            f"Twice the {what}: judging takes {judging:.2f} times as long, with grouping {both:.2f} times.",
            soft_wrap=True,
        )


if __name__ == "__main__":
    main()
