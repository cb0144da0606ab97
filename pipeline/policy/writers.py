"""Principals that can change another principal's permissions: its policies, groups or keys."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from pipeline.policy.account import is_reserved
from pipeline.policy.escalation_grants import granted
from pipeline.policy.escalation_requests import ABSENT
from pipeline.policy.evaluate import statements_on
from pipeline.policy.principal import Principal, answer
from pipeline.policy.request import Policy
from pipeline.policy.rights import is_admin
from pipeline.policy.tri import Tri

_WRITES = {
    "user": {"iam:PutUserPolicy": "iam-put-user-policy", "iam:AttachUserPolicy": "iam-attach-user-policy"},
    "role": {"iam:PutRolePolicy": "iam-put-role-policy", "iam:AttachRolePolicy": "iam-attach-role-policy"},
}


def may_write_anything(principal: Principal) -> bool:
    """Whether any policy of the principal may allow changing permissions of users or roles."""
    documents = [policy.document for policy in principal.policies if policy.document]
    actions = [action for kind in _WRITES.values() for action in kind]
    return any(statements_on(document, action, "Allow") for document in documents for action in actions)


@lru_cache(maxsize=1 << 15)
def writes_into(actor: Principal, target: Principal) -> tuple[Tri, str]:
    """Whether the actor can give the other user or role unrestricted permissions: (verdict, id of the similar path)."""
    boundary = target.boundary.arn if target.boundary else ABSENT
    held_back = target.boundary is not None and is_admin(replace(target, policies=(_EVERYTHING,))).verdict is Tri.NO
    if held_back or is_reserved(target.arn) or actor.account != target.account:
        return Tri.NO, ""
    ways = _WRITES.get(target.kind, {}).items()
    outcomes = (
        (answer(granted(action, target.arn, "", actor, None, boundary).decision), path) for action, path in ways
    )
    return max(outcomes, key=lambda outcome: outcome[0], default=(Tri.NO, ""))


_EVERYTHING = Policy.read(
    "everything", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
