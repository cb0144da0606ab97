"""Who can call sts:AssumeRole on a role: principals by the patterns in their policies, and those the trust names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from pipeline.policy.account import Role
from pipeline.policy.callers import account_of, caller, is_any_account, is_whole_account
from pipeline.policy.document import Document, Statement
from pipeline.policy.evaluate import statements_on
from pipeline.policy.match import resource_matches, without_variables
from pipeline.policy.principal import FRESH, Principal, answer, can
from pipeline.policy.request import Policy
from pipeline.policy.strangers import stranger, text_of
from pipeline.policy.tri import Tri


class Assumers:
    """Principals that can call sts:AssumeRole, by account: unrestricted ones, and others by the patterns in their
    policies.
    """

    def __init__(self, members: Mapping[Hashable, Principal]) -> None:
        self.nodes: dict[str, list[Hashable]] = defaultdict(list)
        self.free: dict[Hashable, None] = {}
        self._exact: dict[Hashable, set[str]] = {}
        self._patterns: dict[Hashable, set[str]] = {}
        for node, principal in members.items():
            self.nodes[principal.account].append(node)
            if has_free_rein(principal):
                self.free[node] = None
            documents = (policy.document for policy in principal.policies if policy.document)
            named = {pattern for document in documents for pattern in _patterns(document)}
            self._patterns[node] = {pattern for pattern in named if "*" in pattern or "?" in pattern}
            self._exact[node] = named - self._patterns[node]

    def candidates(self, account: str, role_arn: str, include_free: bool) -> list[Hashable]:
        """The nodes of the account with a pattern that matches the role, in order."""
        return [
            node
            for node in self.nodes[account]
            if (include_free or node not in self.free) and self.covers(node, role_arn)
        ]

    def covers(self, node: Hashable, role_arn: str) -> bool:
        """Whether a pattern of the node matches the role."""
        return role_arn in self._exact[node] or any(
            resource_matches(pattern, role_arn) for pattern in self._patterns[node]
        )


def has_free_rein(principal: Principal) -> bool:
    """Whether sts:AssumeRole is allowed on any role of any account for any request, and no policy can name a
    single role.
    """
    for document in principal.documents:
        allows = statements_on(document, "sts:AssumeRole", "Allow")
        if statements_on(document, "sts:AssumeRole", "Deny") or any(map(_singles_out_resources, allows)):
            return False
    accounts = (principal.account, stranger({principal.account}, text_of(principal.documents)))
    places = (f"arn:{principal.caller.partition}:iam::{account}:role/{FRESH}" for account in accounts)
    return all(answer(can(principal, "sts:AssumeRole", place, resource_policy=_OPEN)) is Tri.YES for place in places)


def _singles_out_resources(statement: Statement) -> bool:
    return bool(statement.not_resources) or any(
        condition.key.lower().startswith("aws:resource") for condition in statement.conditions
    )


_OPEN = Policy.read(
    "open",
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*"}},
    "trust",
)


def _patterns(document: Document) -> Iterable[str]:
    for statement in statements_on(document, "sts:AssumeRole", "Allow"):
        yield from (without_variables(pattern, "*") for pattern in statement.resources or ("*",))


def named(trust: Document | None, own: str) -> tuple[list[str], list[str]]:
    """(principals named in the trust policy, accounts named as a whole; "*" for all). An unreadable trust policy may
    name its own account.
    """
    if trust is None:
        return [], [own]
    principals, accounts = set(), set()
    for statement in statements_on(trust, "sts:AssumeRole", "Allow"):
        for kind, value in statement.principals if statement.principals is not None else (("*", "*"),):
            if kind in ("AWS", "*"):
                if is_any_account(value):
                    accounts.add("*")
                elif is_whole_account(value):
                    accounts.add(account_of(value))
                else:
                    principals.add(caller(value).role_arn)
    return sorted(principals), sorted(accounts)


def treats_alike(role: Role) -> bool:
    """Whether the role's trust policy and RCPs treat all principals of an account with equal policies alike."""
    limits = (policy.document for level in role.rcp_levels or () for policy in level)
    documents = (document for document in (role.trust.document, *limits) if document)
    return not any(_singles_out(statement) for document in documents for statement in document.statements)


def _singles_out(statement: Statement) -> bool:
    named = (*(statement.principals or ()), *(statement.not_principals or ()))
    if any(kind == "AWS" and not is_any_account(value) and not is_whole_account(value) for kind, value in named):
        return True
    values = (value for condition in statement.conditions for value in condition.values)
    return any(condition.key.lower().startswith(_OF_ONE) for condition in statement.conditions) or any(
        "${" in v for v in values
    )


_OF_ONE = ("aws:principalarn", "aws:principaltag", "aws:userid", "aws:username")


def open_to_account(role: Role, account: str) -> bool:
    """Whether every principal of the account that may call sts:AssumeRole is admitted: no condition or Deny in the
    trust policy.
    """
    trust = role.trust.document
    limits = [policy.document for level in role.rcp_levels or () for policy in level]
    if any(document is None or statements_on(document, "sts:AssumeRole", "Deny") for document in (trust, *limits)):
        return False
    assert trust is not None
    names = {account, f"arn:{caller(role.arn).partition}:iam::{account}:root", "*"}
    return any(
        not statement.conditions
        and any(value in names for kind, value in statement.principals or () if kind in ("AWS", "*"))
        for statement in statements_on(trust, "sts:AssumeRole", "Allow")
    )
