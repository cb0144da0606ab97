"""Groups principals by their policies, so that equal sets of documents are evaluated only once.

Most documents mean the same for every principal; those that refer to the principal (variables, aws:Principal... keys,
named IAM resources, accounts) are evaluated for each one. This never changes a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import lru_cache

from pipeline.policy.document import Document
from pipeline.policy.escalation import Escalations, escalations
from pipeline.policy.escalation_paths import may_escalate
from pipeline.policy.principal import Principal
from pipeline.policy.request import Policy
from pipeline.policy.rights import Admin, is_admin
from pipeline.policy.tri import Tri

_HOLDER_KEYS = (
    "aws:principal",
    "aws:user",
    "aws:sourceidentity",
    "aws:federatedprovider",
    "aws:resource",
    "iam:resourcetag",
)
_OPEN_IAM = re.compile(r"(user|role|group|policy|instance-profile|saml-provider|oidc-provider)?/?\*")


@lru_cache(maxsize=1 << 17)
def is_portable(document: Document) -> bool:
    """Whether the document means the same for every principal of every account."""
    for statement in document.statements:
        patterns = (*(statement.resources or ()), *(statement.not_resources or ()))
        values = [value for condition in statement.conditions for value in condition.values]
        if any("${" in text or re.search(r"\d{12}", text) for text in (*patterns, *values)):
            return False
        if any(
            pattern.split(":", 5)[2:3] == ["iam"] and not _OPEN_IAM.fullmatch(pattern.split(":", 5)[-1])
            for pattern in patterns
        ):
            return False
        if any(condition.key.lower().startswith(_HOLDER_KEYS) for condition in statement.conditions):
            return False
    return True


class Profiles:
    """Evaluates principals with a cache, by their policies alone: targets in the account differ by principal."""

    def __init__(self) -> None:
        self._levels: dict[int, tuple[object, Hashable, bool]] = {}
        self._admins: dict[Hashable, Admin] = {}
        self._escalations: dict[Hashable, Escalations] = {}

    def key(self, principal: Principal) -> Hashable:
        """A key that is equal for principals with the same result for every question about admin rights."""
        policies = (
            *principal.policies,
            *(principal.session or ()),
            *((principal.boundary,) if principal.boundary else ()),
        )
        levels_key, levels_portable = self._levels_key(principal)
        portable = levels_portable and all(
            policy.document is None or is_portable(policy.document) for policy in policies
        )
        return (
            principal.kind,
            tuple(_name(policy) for policy in principal.policies),
            _name(principal.boundary) if principal.boundary else None,
            tuple(_name(policy) for policy in principal.session) if principal.session is not None else None,
            levels_key if principal.account != principal.management_account else None,
            principal.caller.partition,
            () if portable else principal.arn,
        )

    def admin(self, principal: Principal) -> Admin:
        key = self.key(principal)
        if key not in self._admins:
            self._admins[key] = is_admin(principal)
        return self._admins[key]

    def escalations(self, principal: Principal) -> Escalations:
        """The escalations; cheap for the many principals without any step of any path."""
        admin = self.admin(principal)
        if admin.verdict is Tri.YES or not may_escalate(principal):
            unreadable = tuple(policy.name for policy in principal.policies if policy.document is None)
            return Escalations(admin, unreadable=unreadable)
        key = (self.key(principal), principal.groups, _attached(principal))
        if key not in self._escalations:
            self._escalations[key] = escalations(principal, admin=admin)
        return self._escalations[key]

    def _levels_key(self, principal: Principal) -> tuple[Hashable, bool]:
        levels = principal.scp_levels
        if levels is None:
            return None, True
        cached = self._levels.get(id(levels))
        if cached is None:
            portable = all(
                policy.document is None or is_portable(policy.document) for level in levels for policy in level
            )
            cached = (levels, tuple(tuple(_name(policy) for policy in level) for level in levels), portable)
            self._levels[id(levels)] = cached
        return cached[1], cached[2]


def _name(policy: Policy) -> str:
    return policy.document.hash if policy.document else f"?{policy.problem}"


def _attached(principal: Principal) -> tuple[str, ...]:
    return tuple(policy.arn.replace(principal.account, "") for policy in principal.policies)
