"""Who can do something: each user and role judged by the evaluator, once for all that have the same permissions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.policy.actions import find
from pipeline.policy.callers import caller, is_any_account
from pipeline.policy.context import Context
from pipeline.policy.document import Document, Statement
from pipeline.policy.evaluate import statements_on
from pipeline.policy.principal import FRESH, Principal, answer, can
from pipeline.policy.request import Decision, Policy, Verdict
from pipeline.policy.rights import allows
from pipeline.policy.tri import Tri
from pipeline.questions.given import Given
from pipeline.questions.published import Alike, Published
from pipeline.questions.resources import Resource

_OF_ONE = ("aws:principalarn", "aws:principaltag", "aws:userid", "aws:username")
EVERYTHING = Policy.read(
    "whatever it holds", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)


@dataclass(frozen=True)
class Question:
    """May somebody take `action` on the resource, as far as the request is `given`?"""

    action: str
    resource: Resource
    given: Given


@dataclass(frozen=True)
class Judged:
    """Principals with one decision. Where the resource's policy is not known, `decision` is by their own policies."""

    principal: Principal
    members: tuple[str, ...]
    decision: Decision

    @property
    def verdict(self) -> Tri:
        return answer(self.decision)


def judged(night: Published, question: Question) -> Iterator[Judged]:
    """Every user and role that may, might, or is not known not to be allowed."""
    account = "" if question.resource.arn else question.resource.account
    for alike in night.alike(account):
        for principal, members in _told_apart(night, alike, question):
            decision = decide(night, principal, question)
            if decision.verdict in (Verdict.ALLOWED, Verdict.DEPENDS):
                yield Judged(principal, members, decision)


def decide(night: Published, principal: Principal, question: Question) -> Decision:
    """The evaluator's decision for one principal. A resource policy that is not known is left out: across accounts
    the answer then depends on it.
    """
    resource, action = question.resource, question.action
    if not resource.arn:
        return _anywhere(principal, question)
    policy = resource.policy if resource.policy and resource.policy.document else None
    return can(
        principal,
        action,
        resource.arn,
        _context(principal, question),
        policy,
        night.rcp_levels(resource.account),
        resource.account,
    )


def _anywhere(principal: Principal, question: Question) -> Decision:
    """The decision on the resource of the principal's own account on which the action is allowed the most."""
    entry = find(question.action)
    if entry and entry.needs_star:
        return can(principal, question.action, "*", question.given, account=principal.account)
    return allows(principal, question.action, question.given)


def _context(principal: Principal, question: Question) -> Context:
    """What is known of the principal's request: by the question, and by the resource, its Region and tags."""
    resource = question.resource
    known = Context.of({**resource.known, **question.given}).values
    context = principal.context(question.action, known, resource.arn)
    if resource.tags is None:
        return context
    tags = {f"{prefix}{key}".lower(): (value,) for prefix in _TAGS for key, value in resource.tags.items()}
    absent = context.is_absent
    return replace(
        context,
        values={**tags, **context.values},
        is_absent=lambda key: absent(key) or (key.startswith(_TAGS) and key not in tags),
    )


_TAGS = ("aws:resourcetag/", "iam:resourcetag/")


# -- whom one decision is for


def _told_apart(night: Published, alike: Alike, question: Question) -> Iterator[tuple[Principal, tuple[str, ...]]]:
    """The principals to judge, each with those that its decision is for. Members are judged one by one where a
    policy that speaks of the action singles some of them out, or names them.
    """
    if len(alike.members) == 1:
        yield alike.principal, alike.members
        return
    documents = [*alike.principal.documents, *_of_resource(night, question.resource)]
    if any(_singles_out(statement) for statement in _speaking(documents, question.action)):
        yield from ((night.member(alike, arn), (arn,)) for arn in alike.members)
        return
    named = _named(question)
    alone = [arn for arn in alike.members if arn in named or caller(arn).without_path in named]
    rest = tuple(arn for arn in alike.members if arn not in alone)
    yield from ((night.member(alike, arn), (arn,)) for arn in alone)
    if rest:
        yield night.member(alike, rest[0]), rest


def _of_resource(night: Published, resource: Resource) -> Iterator[Document]:
    if not resource.arn:
        return
    rcps = (policy for level in night.rcp_levels(resource.account) or () for policy in level)
    for policy in (*rcps, *((resource.policy,) if resource.policy else ())):
        if policy.document:
            yield policy.document


def _speaking(documents: Iterable[Document], action: str) -> Iterator[Statement]:
    for document in documents:
        yield from statements_on(document, action, "Allow")
        yield from statements_on(document, action, "Deny")


def _singles_out(statement: Statement) -> bool:
    """Whether the statement may treat principals with the same permissions differently, other than by their names."""
    if statement.not_principals is not None:
        return True
    if any("*" in value and not is_any_account(value) for _, value in statement.principals or ()):
        return True
    if any(condition.key.lower().startswith(_OF_ONE) for condition in statement.conditions):
        return True
    values = (value for condition in statement.conditions for value in condition.values)
    return any("${" in text for text in (*(statement.resources or ()), *(statement.not_resources or ()), *values))


def _named(question: Question) -> frozenset[str]:
    """The users and roles that the resource's policy names; a role also by its sessions."""
    policy = question.resource.policy
    speaking = _speaking([policy.document] if policy and policy.document else [], question.action)
    values = (value for statement in speaking for kind, value in statement.principals or () if kind == "AWS")
    return frozenset(name for value in values for name in (value, caller(value).role_arn))


# -- accounts of which nothing is known


def unread_accounts(night: Published, question: Question) -> Iterator[tuple[str, str]]:
    """The accounts that were not read and whose principals might be allowed, each with why it was not read."""
    resource = question.resource
    for account, unread in night.unread_accounts.items():
        if resource.arn == "" and resource.account not in ("", account):
            continue
        if any(_might(night, arn, question) for arn in _imagined(night, account, question)):
            yield account, str(unread)


def _imagined(night: Published, account: str, question: Question) -> Iterator[str]:
    partition = night.inside(account).partition
    yield f"arn:{partition}:iam::{account}:role/{FRESH}"
    yield f"arn:{partition}:iam::{account}:user/{FRESH}"
    yield from (name for name in sorted(_named(question)) if f":iam::{account}:" in name and not name.endswith(":root"))


def _might(night: Published, arn: str, question: Question) -> bool:
    """Whether a principal of this name could be allowed if its own policies allow everything."""
    management = night.factory.management_account
    account = caller(arn).account
    holder = night.factory.holder(arn, (), None, ())
    principal = replace(
        holder, policies=(EVERYTHING,), scp_levels=night.scp_levels(account), management_account=management
    )
    return answer(decide(night, principal, question)) is not Tri.NO


def root_users(night: Published, question: Question) -> Mapping[str, Decision]:
    """The root users that may, by account: they need no policy of their own."""
    found: dict[str, Decision] = {}
    owners = {question.resource.account} if question.resource.arn else set()
    for account in sorted(owners & night.accounts.keys()):
        partition = night.inside(account).partition
        holder = night.factory.holder(f"arn:{partition}:iam::{account}:root", (), None, ())
        decision = decide(night, replace(holder, scp_levels=night.scp_levels(account)), question)
        if answer(decision) is not Tri.NO:
            found[account] = decision
    return found
