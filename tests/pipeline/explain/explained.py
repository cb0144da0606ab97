"""A small organization published for real: every model built over a few rows, then copied as a night is.

One member account with an administrator, ways to escalate, a boundary that closes one, a vendor's trust, two keys and
an SCP; one member account into which nobody could assume a role.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import collectors
from pipeline.explain.finding import Explanation
from pipeline.night import DATABASE, WAREHOUSE, Night
from pipeline.publish import database
from pipeline.settings import Settings
from pipeline.warehouse import build, history
from pipeline.warehouse.models import load
from tests import shared
from tests.sql import harness
from tests.sql.harness import AS_OF, MANAGEMENT, MEMBER

DARK = "222222222222"
VENDOR = "444455556666"
READ_AT = datetime(2026, 11, 20, 2, 0)

Row = dict[str, Any]


def document(*statements: Row) -> Row:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(*actions: str, resource: str = "*", **more: Any) -> Row:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def arn(kind: str, name: str) -> str:
    return f"arn:aws:iam::{MEMBER}:{kind}/{name}"


def role(name: str, **principal: Any) -> Row:
    trusted = principal.pop("principal", {"Service": "lambda.amazonaws.com"})
    trust = document({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"})
    return {"role_name": name, "arn": arn("role", name), "path": "/", "tags": {}, "trust_document": trust, **principal}


def inline(name: str, *statements: Row, policy: str = "own") -> Row:
    return {
        "principal_type": "role",
        "principal_name": name,
        "principal_arn": arn("role", name),
        "policy_name": policy,
        "document": document(*statements),
    }


ROWS: dict[str, list[Row]] = {
    "accounts": [harness.account(one) for one in (MANAGEMENT, MEMBER, DARK)],
    "roles": [
        role("admin"),
        role("split"),
        role("builder"),
        role("bounded", permissions_boundary_arn=arn("policy", "limit")),
        role("partner", principal={"AWS": [f"arn:aws:iam::{VENDOR}:root", f"arn:aws:iam::{MEMBER}:root"]}),
        role("target-one"),
        role("target-two"),
    ],
    "inline_policies": [
        inline("admin", allow("*", Sid="Everything")),
        inline("split", allow("s3:*", "iam:*"), policy="first"),
        inline("split", allow("iam:*"), policy="second"),
        inline("builder", allow("lambda:CreateFunction", "lambda:InvokeFunction"), allow("iam:PassRole", Sid="Pass")),
        inline("bounded", allow("iam:PutRolePolicy", resource=arn("role", "bounded"))),
    ],
    "policies": [
        {
            "policy_name": "limit",
            "arn": arn("policy", "limit"),
            "path": "/",
            "document": document(allow("s3:*")),
            "attachment_count": 0,
            "permissions_boundary_usage_count": 1,
        }
    ],
    "credential_report": [
        {
            "user_name": "alice",
            "arn": arn("user", "alice"),
            "access_key_1_active": True,
            "access_key_1_last_rotated_at": datetime(2026, 8, 1),
            "access_key_2_active": True,
            "access_key_2_last_rotated_at": datetime(2026, 11, 1),
        }
    ],
    "organization_policies": [
        {
            "policy_id": "p-full",
            "arn": f"arn:aws:organizations::{MANAGEMENT}:policy/o-example/service_control_policy/p-full",
            "name": "FullAWSAccess",
            "policy_type": "SERVICE_CONTROL_POLICY",
            "is_aws_managed": True,
            "document": document(allow("*")),
        },
        {
            "policy_id": "p-stay",
            "arn": f"arn:aws:organizations::{MANAGEMENT}:policy/o-example/service_control_policy/p-stay",
            "name": "stay",
            "policy_type": "SERVICE_CONTROL_POLICY",
            "is_aws_managed": False,
            "document": document({"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}),
        },
    ],
    "policy_targets": [
        {"policy_id": "p-full", "target_id": harness.ROOT, "target_type": "ROOT"},
        {"policy_id": "p-full", "target_id": MEMBER, "target_type": "ACCOUNT"},
        {"policy_id": "p-stay", "target_id": MEMBER, "target_type": "ACCOUNT"},
    ],
    "ledger": [
        {"operation": "iam:GetCredentialReport", "region": "global", "status": "ok", "data_time": READ_AT},
        {
            "account_id": DARK,
            "operation": "sts:AssumeRole",
            "region": "global",
            "status": "failed",
            "error_class": "assume_role_failed",
            "error_code": "AccessDenied",
            "message": "not authorized to perform: sts:AssumeRole",
        },
    ],
}


def write(home: Path) -> Path:
    """Publish the night into the home. Returns the path of `rolecall.duckdb`."""
    warehouse, target = home / WAREHOUSE, home / DATABASE
    models, known = load(), collectors.datasets()
    keys = list(harness.listed_keys(ROWS["credential_report"]))
    rows = harness.DEFAULTS | ROWS | {"extracts": list(extracts()), "access_keys": keys}
    with duckdb.connect(str(warehouse)) as con:
        for name, dataset in known.items():
            harness.load(con, dataset, [dict(row) for row in rows.get(name, [])])
        history.prepare(con)
        with build.prepared(con, Settings.model_construct(**blank()), Night(home, AS_OF), models) as made:
            for model in models.models.values():
                made.make(model)
    database.copy(warehouse, target, models, AS_OF)
    return target


def home(factory: pytest.TempPathFactory) -> Path:
    """A home of its own with the night, which is published once in a test session."""
    return shared.copied(factory, "explained", write)


def blank() -> dict[str, Any]:
    """Settings as they are without a file and variables."""
    return {name: field.get_default() for name, field in Settings.model_fields.items()}


def extracts() -> list[Row]:
    """Everything was read, but nothing in the dark account."""
    found: list[Row] = []
    for name, dataset in collectors.datasets().items():
        if not dataset.operations:
            continue
        for account_id in [MANAGEMENT] if dataset.scope == "organization" else [MANAGEMENT, MEMBER, DARK]:
            region = "us-east-1" if dataset.scope == "region" else "global"
            row = {"account_id": account_id, "region": region, "dataset": name, "status": "ok", "rows": 0}
            if account_id == DARK:
                failed = ROWS["ledger"][-1]
                row |= {key: failed[key] for key in ("status", "operation", "error_class", "error_code", "message")}
            found.append(row)
    return found


def turned(found: Explanation) -> dict[str, str]:
    """By what is changed, the verdict that it brings."""
    return {"; ".join(turn.changes): turn.verdict for turn in found.turns}
