"""Who gets in by the resource's policy alone: services, federated subjects, and strangers from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.policy.callers import Caller, caller
from pipeline.policy.context import Context, Value
from pipeline.policy.document import Statement
from pipeline.policy.evaluate import evaluate, statements_on
from pipeline.policy.exposure import Access, outside_access
from pipeline.policy.principal import answer
from pipeline.policy.request import Decision, Policies, Policy, Request
from pipeline.policy.strangers import ANY_ACCOUNT
from pipeline.policy.tri import Tri
from pipeline.questions.published import Published
from pipeline.questions.who_can import Question


@dataclass(frozen=True)
class Outsider:
    """`kind`: service, federated or stranger. `verdict` DEPENDS: under what the decision waits for."""

    kind: str
    name: str
    verdict: Tri
    decision: Decision
    note: str = ""


def outsiders(night: Published, question: Question) -> Iterator[Outsider]:
    """The callers without a place in the organization that the resource's policy admits."""
    policy = question.resource.policy
    if policy is None or policy.document is None:
        return
    limits = Policies(
        resource=policy,
        rcp_levels=night.rcp_levels(question.resource.account),
        management_account=night.factory.management_account,
    )
    strangers = _strangers(night, question, policy, limits)
    allows = statements_on(policy.document, question.action, "Allow")
    yield from _services(night, question, limits, allows, strangers)
    yield from _federated(question, limits, allows)
    yield from (found for access in strangers if (found := _direct(access)))


def _strangers(night: Published, question: Question, policy: Policy, limits: Policies) -> list[Access]:
    resource = question.resource
    inside = night.inside(resource.account)
    given = {**resource.known, **question.given}
    return outside_access(policy, inside, resource.arn, (question.action,), limits, given)


def _direct(access: Access) -> Outsider | None:
    if access.service:
        return None
    name = "anyone" if access.account == ANY_ACCOUNT else access.account
    return Outsider("stranger", name, access.verdict, access.decision)


def _services(
    night: Published, question: Question, limits: Policies, allows: tuple[Statement, ...], strangers: list[Access]
) -> Iterator[Outsider]:
    """Services that the policy names, each acting for the resource's own account; else for whom it may act."""
    names = {value for each in allows for kind, value in each.principals or () if kind == "Service"}
    by_service = {access.service: access for access in strangers if access.service}
    for name in sorted(names - {"*"}):
        decision = _asked(Caller("service", name), _for_owner(night, question), question, limits)
        if answer(decision) is not Tri.NO:
            acts = by_service.get(name)
            is_open = acts is not None and acts.account == ANY_ACCOUNT and acts.verdict is Tri.YES
            note = "the policy does not say for whom the service may act" if is_open else ""
            yield Outsider("service", name, answer(decision), decision, note)
    for access in strangers:
        if access.service and (access.service not in names or access.account != ANY_ACCOUNT):
            whose = "anyone" if access.account == ANY_ACCOUNT else access.account
            service = "a service of AWS" if access.service == "*" else access.service
            yield Outsider("service", f"{service}, for {whose}", access.verdict, access.decision)


def _for_owner(night: Published, question: Question) -> dict[str, Value]:
    """The keys of a service that acts for the owner of the resource."""
    owner = question.resource.account
    keys: dict[str, Value] = {"aws:SourceAccount": owner, "aws:SourceOwner": owner, "aws:SecureTransport": True}
    if owner in night.accounts and night.factory.organization_id:
        keys["aws:SourceOrgID"] = night.factory.organization_id
    return keys


def _federated(question: Question, limits: Policies, allows: tuple[Statement, ...]) -> Iterator[Outsider]:
    names = {value for each in allows for kind, value in each.principals or () if kind == "Federated"}
    for name in sorted(names - {"*"}):
        decision = _asked(caller(name), {"aws:SecureTransport": True}, question, limits)
        if answer(decision) is not Tri.NO:
            yield Outsider("federated", name, answer(decision), decision)


def _asked(who: Caller, keys: dict[str, Value], question: Question, limits: Policies) -> Decision:
    resource = question.resource
    known = Context.of({**keys, **resource.known, **question.given}, complete=False)
    return evaluate(
        Request(who, question.action, resource.arn, known.with_defaults(who.context()), resource.account), limits
    )
