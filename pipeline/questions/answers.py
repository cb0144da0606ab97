"""The answer to who can: three lists of callers, those who may, may under conditions, and those not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.policy.callers import caller
from pipeline.policy.request import Decision, Evidence
from pipeline.policy.tri import Tri
from pipeline.questions.outsiders import Outsider, outsiders
from pipeline.questions.people import People, permission_set_of
from pipeline.questions.published import Published
from pipeline.questions.who_can import Judged, Question, judged, root_users, unread_accounts
from pipeline.questions.words import Wait, named, place, unread_of, waits

MAY, IF, UNKNOWN = "may", "may under conditions", "not known"


@dataclass(frozen=True)
class Who:
    """A caller. `kind`: user, role, service-linked role, permission set, service, federated, stranger, or account for
    one that was not read. `name` is unique among those of its kind and account; `arn` "" without one.
    """

    kind: str
    name: str
    account: str = ""
    arn: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """One caller and why it is in its list.

    `because`: the statements that allow it, as layer, policy and statement. `waits`: under what; `unknown`: what was
    not read, or is not documented. `by_own_policies`: it is allowed as far as its own policies go.
    """

    who: Who
    because: tuple[str, ...] = ()
    waits: tuple[Wait, ...] = ()
    unknown: tuple[str, ...] = ()
    by_own_policies: bool = False
    note: str = ""


@dataclass(frozen=True)
class Answer:
    question: Question
    may: tuple[Found, ...]
    conditional: tuple[Found, ...]
    unknown: tuple[Found, ...]
    notes: tuple[str, ...] = ()


def who_can(night: Published, question: Question) -> Answer:
    """Everybody who may, might, or is not known not to be allowed."""
    lists: dict[str, list[Found]] = {MAY: [], IF: [], UNKNOWN: []}
    for which, found in _found(night, question):
        lists[which].append(found)
    may, conditional, unknown = (
        tuple(sorted(each, key=lambda found: (found.who.kind, found.who.name, found.who.account)))
        for each in lists.values()
    )
    return Answer(question, may, conditional, unknown, tuple(_notes(night, question)))


def _found(night: Published, question: Question) -> Iterator[tuple[str, Found]]:
    people = People(night)
    is_known = not question.resource.arn or not is_policy_unknown(question)
    for one in judged(night, question):
        which, reasons = listed(one, question) if is_known else (UNKNOWN, (question.resource.unread,))
        waiting = tuple(waits(one.decision)) if one.verdict is Tri.DEPENDS else ()
        because = tuple(_because(one.decision.evidence)) if one.verdict is Tri.YES else ()
        for arn in one.members:
            yield which, Found(_who(arn, people), because, waiting, reasons, not is_known)
    for other in outsiders(night, question):
        yield _of_outsider(other, question)
    if not is_known:
        yield UNKNOWN, Found(Who("stranger", "whoever its policy names"), unknown=(question.resource.unread,))
    for account, why in unread_accounts(night, question):
        yield UNKNOWN, Found(Who("account", "its users and roles", account), unknown=(why,))


def is_policy_unknown(question: Question) -> bool:
    """Whether the resource may carry a policy that was not read."""
    policy = question.resource.policy
    return policy is None or policy.document is None


def listed(one: Judged, question: Question) -> tuple[str, tuple[str, ...]]:
    """The list that a decision belongs in, and what is not known of it."""
    if one.verdict is Tri.YES:
        return MAY, ()
    unread = tuple(dict.fromkeys(unread_of(one.decision)))
    if unread:
        return UNKNOWN, unread
    if one.decision.evidence:
        return IF, ()
    if one.principal.boundary and question.resource.policy:
        return UNKNOWN, ("AWS does not say whether a boundary limits what a resource policy gives to *",)
    return UNKNOWN, (one.decision.reason,)


def _of_outsider(other: Outsider, question: Question) -> tuple[str, Found]:
    name = question.resource.account if other.kind == "service" else ""
    who = Who(other.kind, other.name, name)
    if question.resource.kind == "bucket" and other.kind == "stranger" and other.name == "anyone":
        block = "S3 Block Public Access is not collected: it may stop what the bucket policy gives to anyone"
        return UNKNOWN, Found(who, waits=tuple(waits(other.decision)), unknown=(block,))
    unread = tuple(dict.fromkeys(unread_of(other.decision)))
    if other.verdict is Tri.YES:
        by_resource = [hit for hit in other.decision.evidence if hit.layer == "resource"]
        return MAY, Found(who, tuple(_because(by_resource)), note=other.note)
    if unread or not other.decision.evidence:
        return UNKNOWN, Found(who, unknown=unread or (other.decision.reason,), note=other.note)
    return IF, Found(who, waits=tuple(waits(other.decision)), note=other.note)


def _who(arn: str, people: People) -> Who:
    who = caller(arn)
    if name := permission_set_of(arn):
        return Who("permission set", name, who.account, arn, people.assigned(arn))
    kind = "service-linked role" if who.is_service_linked_role else who.kind
    return Who(kind, who.name, who.account, arn)


def _because(evidence: Iterable[Evidence]) -> Iterator[str]:
    """The statements that grant. The Allows of SCPs, which grant nothing, are left out."""
    for hit in evidence:
        if hit.effect == "Allow" and hit.answer is Tri.YES and hit.layer in ("identity", "resource"):
            yield f"{named(hit.layer, hit.policy)}, {place(hit)}"


def _notes(night: Published, question: Question) -> Iterator[str]:
    resource = question.resource
    yield from resource.notes
    if not resource.arn:
        yield "asked for each caller's own account; what resource policies give is counted only for a named resource"
    elif is_policy_unknown(question):
        yield f"not known, since {resource.unread}; by their own policies those named may"
    for account, decision in root_users(night, question).items():
        how = "may too" if _is_sure(decision) else "may too, under conditions"
        yield f"the root user of {account} {how}"
    unread = People(night).unread
    if unread:
        yield f"who is assigned to the permission sets is not known: {unread}"


def _is_sure(decision: Decision) -> bool:
    return decision.verdict == "Allowed"
