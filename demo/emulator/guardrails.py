"""What SCPs and its session policy deny the reader role: a small evaluator of the attached statements.

It supports the conditions of the demo's SCPs (principal ARN, principal tag, requested Region); statements with
any other condition do not apply. Statements on resources apply only if they name ``*``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from demo.organization.model import Document
from demo.organization.model_organization import Organization, OrgPolicy

SCP_DENY = "with an explicit deny in a service control policy"
NO_SCP = "because no service control policy allows the {action} action"

ACTIONS = {
    "access-analyzer:GetFindingV2": {"access-analyzer:GetFinding"},
    "access-analyzer:ListFindingsV2": {"access-analyzer:ListFindings"},
    "cassandra:ListKeyspaces": {"cassandra:Select"},
    "iam:GenerateOrganizationsAccessReport": {
        "iam:GenerateOrganizationsAccessReport",
        "organizations:DescribePolicy",
        "organizations:ListChildren",
        "organizations:ListParents",
        "organizations:ListPoliciesForTarget",
        "organizations:ListRoots",
        "organizations:ListTargetsForPolicy",
    },
    "s3:ListBuckets": {"s3:ListAllMyBuckets"},
}
"""Operations that are authorized by actions of other names, or by several."""


def needed(operation: str) -> set[str]:
    """The IAM actions that an operation needs."""
    return ACTIONS.get(operation, {operation})


def denied_by_session_policy(policy: str | None, operation: str) -> bool:
    """Whether a session policy (Allow statements on every resource) does not allow an operation."""
    if policy is None:
        return False
    patterns = [pattern for s in _list(json.loads(policy)["Statement"]) for pattern in _list(s["Action"])]
    return not all(any(_like(pattern, action) for pattern in patterns) for action in needed(operation))


def denied_by_scp(org: Organization, account_id: str, action: str, role: str, region: str) -> str | None:
    """AWS's reason if the SCPs between the root and the account deny ``action`` to that role, or a level of them does
    not allow it.
    """
    if account_id == org.management_id:
        return None
    facts = {
        "aws:principalarn": f"arn:aws:iam::{account_id}:role/{role}",
        "aws:requestedregion": region,
    }

    def says(effect: str, policies: Iterable[OrgPolicy]) -> bool:
        statements = (one for policy in policies for one in _statements(policy.content, effect))
        return any(_applies(one, action.lower(), facts) for one in statements)

    levels = org.levels(account_id, "SERVICE_CONTROL_POLICY")
    if any(says("Deny", level) for level in levels):
        return SCP_DENY
    return None if all(says("Allow", level) for level in levels) else NO_SCP


@lru_cache(maxsize=256)
def _statements(content: str, effect: str) -> tuple[Document, ...]:
    statements = _list(json.loads(content)["Statement"])
    return tuple(one for one in statements if one["Effect"] == effect and "*" in _list(one.get("Resource")))


def _applies(statement: Document, action: str, facts: dict[str, str]) -> bool:
    named = any(_like(a, action) for a in _list(statement.get("Action", statement.get("NotAction"))))
    if named != ("Action" in statement):
        return False
    return all(
        _holds(operator, facts.get(key.lower()), _list(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _holds(operator: str, fact: str | None, values: list[str]) -> bool:
    negated = re.fullmatch(r"(Arn|String)Not(Like|Equals)(IfExists)?", operator)
    if negated:
        return fact is None or not any(_like(v, fact) for v in values)
    if re.fullmatch(r"(Arn|String)(Like|Equals)", operator):
        return fact is not None and any(_like(v, fact) for v in values)
    return False


def _like(pattern: str, text: str) -> bool:
    return fnmatchcase(text.lower(), pattern.lower().replace("[", "[[]"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
