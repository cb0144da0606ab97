"""Granted against used: the tables of least privilege, built from raw rows as a night builds them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import duckdb
import pytest

from pipeline import collectors
from pipeline.night import Night
from pipeline.policy.actions import expand
from pipeline.schema import Row
from pipeline.settings import Settings
from pipeline.warehouse import build, history, models
from tests.pipeline.policy.support import allow
from tests.sql.harness import AS_OF, DEFAULTS, MANAGEMENT, MEMBER, load


def role(name: str, days: int = 400, path: str = "/") -> Row:
    return {
        "account_id": MEMBER,
        "role_name": name,
        "role_id": f"AROA{name}",
        "arn": f"arn:aws:iam::{MEMBER}:role{path}{name}",
        "path": path,
        "created_at": datetime.combine(AS_OF - timedelta(days=days), datetime.min.time()),
        "trust_document": json.dumps({"Version": "2012-10-17", "Statement": []}),
        "tags": "{}",
    }


def read(name: str, status: str = "COMPLETED", message: str | None = None) -> Row:
    return {
        "account_id": MEMBER, "arn": f"arn:aws:iam::{MEMBER}:role/{name}", "permissions_sha256": "x", "read_on": AS_OF,
        "status": status, "message": message,
    }  # fmt: skip


def used(name: str, service: str, days: int | None) -> Row:
    at = None if days is None else datetime.combine(AS_OF - timedelta(days=days), datetime.min.time())
    return {
        "account_id": MEMBER,
        "arn": f"arn:aws:iam::{MEMBER}:role/{name}",
        "service": service,
        "last_accessed_at": at,
    }


ROWS: dict[str, list[Row]] = {
    "roles": [
        role("admin"), role("approved"), role("reader"), role("new", 10), role("failed"), role("unasked"),
        role("linked", path="/aws-service-role/x.amazonaws.com/"),
        role("refused") | {"account_id": MANAGEMENT, "arn": f"arn:aws:iam::{MANAGEMENT}:role/refused"},
    ],
    "register": [
        {
            "entry": "approved_administrators 1", "kind": "approved_administrator", "owner": "security",
            "resource": f"arn:aws:iam::{MEMBER}:role/app*", "reason": "Runs it.", "expires_on": AS_OF,
        },
    ],
    "extracts": [
        {
            "account_id": MANAGEMENT, "region": "global", "dataset": "last_accessed_reads", "status": "failed",
            "rows": 0, "operation": "iam:GenerateServiceLastAccessedDetails", "message": "not authorized",
        },
    ],
    "inline_policies": [
        {
            "account_id": MEMBER, "principal_type": "role", "principal_name": name, "policy_name": "own",
            "principal_arn": f"arn:aws:iam::{MEMBER}:role/{name}",
            "document": json.dumps(source),
        }
        for name, source in (("admin", allow("*")), ("reader", allow(["s3:Get*", "sqs:*"])), ("new", allow("*")))
    ],
    "last_accessed_reads": [read("admin"), read("reader"), read("new"), read("failed", "FAILED", "too much")],
    "service_last_accessed": [
        used("admin", "s3", 90), used("admin", "sqs", 91), used("reader", "s3", 1), used("reader", "sqs", None),
        used("new", "s3", None),
    ],
    "action_last_accessed": [
        {**used("admin", "s3", 90), "action": "CreateBucket"}, {**used("admin", "s3", 91), "action": "DeleteBucket"},
    ],
    "tracked_actions": [
        {"account_id": MEMBER, "service": "s3", "actions": ["CreateBucket", "DeleteBucket", "GetBucketPolicy"]},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for name, dataset in collectors.datasets().items():
        load(con, dataset, [dict(row) for row in (DEFAULTS | ROWS).get(name, [])])
    history.prepare(con)
    known = models.load()
    with build.prepared(con, Settings(), Night(Settings().home, AS_OF), known) as work:
        for model in known.with_ancestors(["policy_proposals"]):
            work.make(model)
    return con


def test_every_principal_has_a_row_and_a_status(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute("select name, data_status, data_reason from least_privilege order by name").fetchall()
    assert rows == [
        ("admin", "known", None),
        ("approved", "not_applicable", f"Approved as an administrator by security until {AS_OF}."),
        ("failed", "unknown", "AWS could not make the report: too much."),
        ("linked", "not_applicable", "Kept by an AWS service: not for the account to change."),
        ("new", "too_new", "Created 10 days ago: too early to tell."),
        ("reader", "known", None),
        ("refused", "unknown", "iam:GenerateServiceLastAccessedDetails: not authorized"),
        ("unasked", "unknown", "AWS was not asked for a report: the principal is gone, or new."),
    ]


def test_granted_is_set_against_used(warehouse: duckdb.DuckDBPyConnection) -> None:
    columns = "place, services_in_use, services_not_used, used_percent, granted_actions, used_actions, unused_actions"
    admin, reader = warehouse.execute(f"select {columns} from least_privilege where place is not null").fetchall()
    everything, buckets = len(expand("*")), len(expand("s3:*"))
    assert admin == (1, ["s3"], ["sqs"], 50.0, everything, 1, everything - buckets + 2)
    reads, queues = len(expand("s3:Get*")), len(expand("sqs:*"))
    assert reader == (2, ["s3"], ["sqs"], 50.0, reads + queues, 0, queues + 1)


def test_the_worst_have_proposals(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute("select place, name, policies, problems from policy_proposals order by place").fetchall()
    assert [(place, name, problems) for place, name, _, problems in rows] == [(1, "admin", []), (2, "reader", [])]
    actions = json.loads(rows[0][2][0])["Statement"][0]["Action"]
    assert "s3:CreateBucket" in actions
    assert "s3:DeleteBucket" not in actions


def test_every_column_is_described(warehouse: duckdb.DuckDBPyConnection) -> None:
    tables = [
        "stg_action_usage",
        "stg_tracked_actions",
        "int_generated_policies",
        "int_approved_administrators",
        "int_privilege_use",
        "least_privilege",
        "policy_proposals",
    ]
    query = "select table_name, column_name, comment from duckdb_columns() where list_contains(?, table_name)"
    rows = warehouse.execute(query, [tables]).fetchall()
    assert {table for table, _, _ in rows} == set(tables)
    assert [(table, column) for table, column, comment in rows if not comment] == []
