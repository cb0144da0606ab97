"""A small organization with uses of actions, published for real, and the same one with other rows judged alone."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import collectors
from pipeline.night import DATABASE, WAREHOUSE, Night
from pipeline.publish import database
from pipeline.settings import Settings
from pipeline.warehouse import build, history
from pipeline.warehouse.models import Catalog, load
from tests import shared
from tests.pipeline.explain.explained import allow, blank, document
from tests.sql import harness
from tests.sql.harness import AS_OF, MANAGEMENT, MEMBER, ROOT

OTHER, DARK = "222222222222", "333333333333"
UNIT = "ou-root-workload"
CATALOG: Catalog = load()
Row = dict[str, Any]
Rows = dict[str, list[Row]]
Findings = dict[tuple[str, ...], tuple[str, ...]]


def arn(kind: str, name: str, account: str = MEMBER) -> str:
    return f"arn:aws:iam::{account}:{kind}/{name}"


def role(name: str, account: str = MEMBER, **more: Any) -> Row:
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    row = {"account_id": account, "role_name": name, "role_id": f"AROA{name}", "arn": arn("role", name, account)}
    return row | {"path": "/", "tags": {}, "trust_document": trust, "instance_profile_names": []} | more


def inline(name: str, *statements: Row, account: str = MEMBER, kind: str = "role") -> Row:
    named = {"principal_type": kind, "principal_name": name, "principal_arn": arn(kind, name, account)}
    return {"account_id": account, **named, "policy_name": "own", "document": document(*statements)}


def used(name: str, action: str, days: int = 3, account: str = MEMBER, kind: str = "role") -> Row:
    service, _, short = action.partition(":")
    at = datetime(AS_OF.year, AS_OF.month, AS_OF.day) - timedelta(days=days)
    row = {"account_id": account, "arn": arn(kind, name, account), "service": service, "last_accessed_at": at}
    return row | {"action": short}


def scp(name: str, *statements: Row, kind: str = "service_control_policy", **more: Any) -> Row:
    key = more.pop("policy_id", f"p-{name}")
    return {
        "policy_id": key,
        "arn": f"arn:aws:organizations::{MANAGEMENT}:policy/o-example/{kind}/{key}",
        "name": name,
        "policy_type": kind.upper(),
        "is_aws_managed": False,
        "document": document(*statements),
        **more,
    }


PRINCIPALS = {
    "builder": [allow("ec2:*", "s3:*", "lambda:*")],
    "reader": [allow("s3:Get*", "s3:List*", resource="arn:aws:s3:::data*"), allow("ec2:Describe*")],
    "guarded": [allow("ec2:*"), {"Effect": "Deny", "Action": "ec2:TerminateInstances", "Resource": "*"}],
    "conditional": [allow("ec2:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})],
    "RolecallReader": [allow("iam:Get*", "iam:List*", "iam:Generate*")],
}
SIGN_IN = "AWSReservedSSO_Ops_0123456789abcdef"
SAML = f"arn:aws:iam::{MEMBER}:saml-provider/AWSSSO_DO_NOT_DELETE"
TRUSTS = {
    name: {"trust_document": document({"Effect": "Allow", "Principal": who, "Action": action})}
    for name, who, action in (
        ("RolecallReader", {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "sts:AssumeRole"),
        (SIGN_IN, {"Federated": SAML}, "sts:AssumeRoleWithSAML"),
    )
}
ACTIONS = ("ec2:RunInstances", "ec2:TerminateInstances", "s3:DeleteBucket", "lambda:CreateFunction", "s3:CreateBucket")
BASE: Rows = {
    "accounts": [
        harness.account(MANAGEMENT),
        harness.account(MEMBER, parent_id=UNIT),
        harness.account(OTHER),
        harness.account(DARK),
    ],
    "organizational_units": [
        {
            "ou_id": UNIT,
            "arn": f"arn:aws:organizations::{MANAGEMENT}:ou/o-example/{UNIT}",
            "name": "Workloads",
            "parent_id": ROOT,
        }
    ],
    "organization_policies": [
        scp("FullAWSAccess", allow("*"), policy_id="p-FullAWSAccess", is_aws_managed=True),
        scp("stay", {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}),
        scp(
            "RCPFullAWSAccess",
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            kind="resource_control_policy",
            policy_id="p-RCPFullAWSAccess",
            is_aws_managed=True,
        ),
    ],
    "policy_targets": [
        *(
            {"policy_id": policy, "target_id": target, "target_type": kind}
            for policy in ("p-FullAWSAccess", "p-RCPFullAWSAccess")
            for target, kind in (
                (ROOT, "ROOT"),
                (UNIT, "ORGANIZATIONAL_UNIT"),
                *((one, "ACCOUNT") for one in (MEMBER, OTHER, DARK)),
            )
        ),
        {"policy_id": "p-stay", "target_id": MEMBER, "target_type": "ACCOUNT"},
    ],
    "roles": [
        *(role(name, account) | TRUSTS.get(name, {}) for account in (MEMBER, OTHER) for name in PRINCIPALS),
        role("AWSServiceRoleForSupport", path="/aws-service-role/support.amazonaws.com/"),
        role("unreported"),
        role("deploy", last_used_at=datetime(AS_OF.year, AS_OF.month, AS_OF.day) - timedelta(days=3)),
        role(SIGN_IN, path="/aws-reserved/sso.amazonaws.com/") | TRUSTS[SIGN_IN],
    ],
    "inline_policies": [
        inline(name, *statements, account=account)
        for account in (MEMBER, OTHER)
        for name, statements in PRINCIPALS.items()
    ],
    "external_analyzer_regions": [
        {"account_id": MEMBER, "region_name": region, "is_closed": False} for region in ("us-east-1", "eu-west-1")
    ],
    "permission_sets": [
        {
            "instance_arn": "arn:aws:sso:::instance/ssoins-1",
            "permission_set_arn": "arn:aws:sso:::permissionSet/ssoins-1/ps-1",
            "name": "Ops",
        }
    ],
    "action_last_accessed": [
        *(used("builder", action, account=account) for account in (MEMBER, OTHER) for action in ACTIONS),
        used("builder", "s3:PutBucketTagging", days=200),
        used("guarded", "ec2:RunInstances"),
        used("guarded", "ec2:TerminateInstances"),
        used("conditional", "ec2:RunInstances"),
        used("RolecallReader", "iam:ListRoles"),
    ],
    "service_last_accessed": [
        {key: value for key, value in used(name, f"{service}:x").items() if key != "action"}
        | {"last_accessed_region": "eu-west-1"}
        for name, service in (
            *(("builder", service) for service in ("ec2", "s3", "lambda")),
            ("reader", "s3"),
            ("guarded", "ec2"),
            ("conditional", "ec2"),
        )
    ],
    "tracked_actions": [
        {"account_id": MEMBER, "service": service, "actions": [name.partition(":")[2] for name in names]}
        for service, names in (
            ("ec2", [one for one in ACTIONS if one.startswith("ec2")]),
            ("s3", [*(one for one in ACTIONS if one.startswith("s3")), "s3:PutBucketTagging"]),
        )
    ],
    "last_accessed_reads": [
        {
            "account_id": account,
            "arn": arn("role", name, account),
            "permissions_sha256": "0",
            "read_on": AS_OF,
            "status": "COMPLETED",
        }
        for account in (MEMBER, OTHER)
        for name in (*PRINCIPALS, *(["deploy"] if account == MEMBER else []))
    ],
}


def extracts() -> list[Row]:
    """Everything was read, but nothing in the dark account."""
    found: list[Row] = []
    for name, dataset in collectors.datasets().items():
        of_organization = dataset.scope == "organization"
        for account in ((MANAGEMENT,) if of_organization else (MANAGEMENT, MEMBER, OTHER, DARK)) * bool(
            dataset.operations
        ):
            region = "us-east-1" if dataset.scope == "region" else "global"
            row = {"account_id": account, "region": region, "dataset": name, "status": "ok", "rows": 0}
            if account == DARK:
                row |= {"status": "failed", "operation": "sts:AssumeRole", "error_class": "assume_role_failed"}
                row |= {"message": "not authorized to perform: sts:AssumeRole"}
            found.append(row)
    return found


def loaded(con: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    """The rows as raw tables."""
    every = harness.DEFAULTS | rows | {"extracts": extracts()}
    for name, dataset in collectors.datasets().items():
        harness.load(con, dataset, copy.deepcopy(every.get(name, [])))
    history.prepare(con)


def write(home: Path) -> Path:
    """Publish the organization into a home. Returns the home."""
    with duckdb.connect(str(home / WAREHOUSE)) as con:
        loaded(con, BASE)
        with build.prepared(con, Settings.model_construct(**blank()), Night(home, AS_OF), CATALOG) as made:
            for model in CATALOG.models.values():
                made.make(model)
    database.copy(home / WAREHOUSE, home / DATABASE, CATALOG, AS_OF)
    return home


def home(factory: pytest.TempPathFactory) -> Path:
    """A home of its own with the organization, which is published once in a test session."""
    return shared.copied(factory, "rehearsed", write)


class Judge:
    """The organization judged as every night is; `findings` of other rows build what depends on them anew."""

    def __init__(self, home: Path) -> None:
        self._con = duckdb.connect(config={"threads": 1})
        self._night = Night(home, AS_OF)
        loaded(self._con, BASE)
        self._make(set(collectors.datasets()))

    def findings(self, rows: Rows) -> Findings:
        """The findings of a night with these datasets in place of the organization's."""
        self._con.execute("begin")
        try:
            for name, many in rows.items():
                harness.load(self._con, collectors.datasets()[name], copy.deepcopy(many))
            self._make(set(rows))
            names = "control_id, account_id, region, resource, verdict, reason, evidence::varchar"
            return keyed(self._con.execute(f"select {names} from judgements").fetchall())
        finally:
            self._con.execute("rollback")

    def _make(self, changed: set[str]) -> None:
        reached = {f"raw_{name}" for name in changed}
        with build.prepared(self._con, Settings.model_construct(**blank()), self._night, CATALOG) as made:
            made.comments = None
            for model in CATALOG.with_ancestors(["judgements"]):
                if reached & CATALOG.upstream[model.name] or len(changed) > 20:
                    made.make(model)


def keyed(rows: list[tuple[str, ...]]) -> Findings:
    """Findings by their key."""
    return {row[:4]: row[4:] for row in rows}


def saved(folder: Path, name: str, *statements: Row) -> Path:
    """A file with a policy."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps(document(*statements)))
    return path
