"""Short ways to write the rows that the queries of facts return."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from pipeline.schema import Row

ONE, TWO = "111111111111", "222222222222"
MANAGEMENT = "999999999999"
AS_OF = date(2026, 11, 20)


def document(*statements: Row) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: Any = "*", **more: Any) -> Row:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: Any = "*", **more: Any) -> Row:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def arn(name: str, account: str = ONE) -> str:
    return f"arn:aws:iam::{account}:{name}"


def trust(principal: str) -> str:
    return document({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"})


def night(**queries: list[Row]) -> dict[str, list[Row]]:
    """What the queries of a fact on principals return, empty but for those given."""
    organization = {"organization_id": "o-example", "management_account_id": MANAGEMENT, "as_of": AS_OF}
    of_principals = ("organization_documents", "levels", "identity_center", "principals")
    of_accounts = ("roles", "users", "groups", "holders", "alike", "workloads", "unread", "levers", "strong", "first")
    empty: dict[str, list[Row]] = {name: [] for name in (*of_principals, *of_accounts)}
    return empty | {"organization": [organization]} | queries


def policy(name: str, text: str | None, policy_arn: str = "") -> Row:
    return {"name": name, "arn": policy_arn, "sha256": name if text is not None else None, "document": text}


def principal(principal_arn: str, *policies: Row, **more: Any) -> Row:
    return {
        "account_id": principal_arn.split(":")[4],
        "principal_arn": principal_arn,
        "permissions_sha256": f"key of {principal_arn}",
        "policies": list(policies),
        "boundary": None,
        "scp_levels_sha256": None,
        "groups": [],
        "tags": [],
        "takes_session_tags": False,
    } | more


def role(role_arn: str, trust_document: str | None, admin: str = "no") -> Row:
    return {
        "account_id": role_arn.split(":")[4],
        "arn": role_arn,
        "trust_document": trust_document,
        "admin": admin,
        "held_back": "no",
        "at_most": "yes",
        "boundary_arn": "",
        "instance_profile_names": [],
        "rcp_levels_sha256": None,
        "customer_policies": None,
    }


def user(user_arn: str, admin: str = "no") -> Row:
    return {"account_id": user_arn.split(":")[4], "arn": user_arn, "admin": admin}


def workload(dataset: str, workload_arn: str, role_arn: str | None = None) -> Row:
    return {"account_id": workload_arn.split(":")[4], "dataset": dataset, "arn": workload_arn, "role_arn": role_arn}


def group(group_arn: str, *policies: Row) -> Row:
    account = group_arn.split(":")[4]
    return {"account_id": account, "arn": group_arn, "policies": list(policies), "scp_levels_sha256": None}


def control_policies(policy_type: str, **documents: str) -> dict[str, list[Row]]:
    """One level of control policies by name: the rows of `levels` and `organization_documents`."""
    level = [{"name": name, "sha256": name} for name in documents]
    return {
        "levels": [{"levels_sha256": "key", "policy_type": policy_type, "levels": [level]}],
        "organization_documents": [{"document_sha256": name, "document": text} for name, text in documents.items()],
    }
