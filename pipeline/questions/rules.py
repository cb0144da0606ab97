"""What can be said of a policy before it is merged, by the document alone: one `Remark` for each flaw and place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.policy.document import Document
from pipeline.policy.escalation import escalations
from pipeline.policy.exposure import Access, outside_access
from pipeline.policy.facts import document_facts, holder_of
from pipeline.policy.lint import REMARKS, flaws
from pipeline.policy.principal import FRESH
from pipeline.policy.request import Policy
from pipeline.policy.strangers import ANY_ACCOUNT, Organization
from pipeline.policy.text import problems
from pipeline.policy.tri import Tri
from pipeline.policy.trust import ENTRY_ACTIONS, trust_facts
from pipeline.questions.pieces import Piece
from pipeline.questions.unresolved import NAME, readable, taken

LEVELS = ("note", "warning", "error")
RULES: Mapping[str, tuple[str, str]] = {
    "not-a-policy": ("error", "AWS would not store the document"),
    "admin": ("error", "it makes an administrator"),
    "admin-if": ("warning", "it makes an administrator under conditions"),
    "escalation": ("error", "its holder can gain further permissions"),
    "public": ("error", "anyone gets in"),
    "outside-access": ("warning", "somebody outside the account gets in"),
    "identity-provider": ("error", "too many subjects of an identity provider get in"),
    "identity-provider-caution": ("warning", "the subjects of an identity provider are pinned loosely"),
    "service-wildcard": ("warning", "every action of a service on every resource"),
    "allow-not-action": ("warning", "Allow with NotAction on every resource"),
    "pass-role-unscoped": ("warning", "iam:PassRole on every role, for any service"),
    "assume-role-unscoped": ("warning", "sts:AssumeRole on every role"),
    "sensitive-unscoped": ("warning", "reads data, returns credentials or manages permissions, on every resource"),
    "condition": ("warning", "a condition does not do what it seems to"),
    "mfa": ("warning", "a condition on MFA does not do what it seems to"),
    "aws-would-say": ("warning", "AWS would report it"),
    "not-known": ("warning", "a reference decides that only the deployed stack knows"),
    "new-access": ("error", "it allows what the earlier version did not"),
    "not-granted": ("error", "it allows an action that must not be granted"),
}
"""Level and meaning of each rule."""
FACTS = {
    "admin": "admin",
    "admin_if": "admin-if",
    "service_wildcard": "service-wildcard",
    "allow_not_action": "allow-not-action",
    "pass_role_unscoped": "pass-role-unscoped",
    "assume_role_unscoped": "assume-role-unscoped",
    "sensitive_unscoped": "sensitive-unscoped",
    "mfa_wrong_operator": "mfa",
    "mfa_reversed": "mfa",
}
MOST_NAMES = 5


@dataclass(frozen=True)
class Remark:
    """A rule that a policy breaks; `statement` is its Sid or index, "" for the whole document."""

    piece: Piece
    rule: str
    words: str
    statement: str = ""

    @property
    def level(self) -> str:
        return RULES[self.rule][0]


def remarks(piece: Piece, inside: Organization) -> list[Remark]:
    """What holds however the open references are resolved; and one remark for all that depends on them."""
    if piece.source is None:
        words = f"nothing of it can be told: {', '.join(piece.unresolved)}"
        return [Remark(piece, "not-known", words)]
    sure = _of_document(piece, policy_of(piece, "least"), inside)
    least = [replace(each, words=each.words.replace(NAME, "...")) for each in sure]
    if not piece.unresolved:
        return least
    most = _of_document(piece, policy_of(piece, "most"), inside)
    kept = {(each.rule, each.statement) for each in least}
    open_ones = sorted({each.rule for each in most if (each.rule, each.statement) not in kept} - _OF_TEXT)
    if not open_ones:
        return least
    meanings = ", ".join(RULES[rule][1] for rule in open_ones)
    words = f"it may be that {meanings}: that depends on {', '.join(piece.unresolved)}"
    return [*least, Remark(piece, "not-known", words)]


_OF_TEXT = frozenset({"aws-would-say"})
"""Rules about the text, which the text that stands for a reference must not decide."""


def policy_of(piece: Piece, side: str) -> Policy:
    """The policy with its open references taken for the most, or the least, access."""
    assert piece.source is not None
    kind = {"resource": "resource", "trust": "trust", "scp": "scp", "rcp": "rcp"}.get(piece.kind, "identity")
    source = taken(piece.source, "most" if side == "most" else "least") if piece.unresolved else piece.source
    if not source.get("Statement") and piece.unresolved:
        source = {**source, "Statement": [{"Effect": "Deny", "Action": "*", **_ELEMENTS[kind]}]}
    return Policy.read(piece.name, source, kind)  # type: ignore[arg-type]


_ELEMENTS: Mapping[str, Mapping[str, str]] = {
    "identity": {"Resource": "*"},
    "scp": {"Resource": "*"},
    "rcp": {"Resource": "*", "Principal": "*"},
    "resource": {"Resource": "*", "Principal": "*"},
    "trust": {"Principal": "*"},
}


def _of_document(piece: Piece, policy: Policy, inside: Organization) -> Iterator[Remark]:
    if policy.document is None:
        yield Remark(piece, "not-a-policy", readable(policy.problem))
        return
    for flaw in flaws(policy.document):
        if flaw.code not in REMARKS:
            words = readable(f"{flaw.operator} on {flaw.key}: {flaw.detail}")
            yield Remark(piece, "condition", words, flaw.sid or str(flaw.statement))
    if piece.kind == "identity":
        yield from _identity(piece, policy.document)
    elif piece.kind in ("trust", "resource"):
        yield from _outside(piece, policy, inside)


def _identity(piece: Piece, document: Document) -> Iterator[Remark]:
    named: dict[tuple[str, str], list[str]] = {}
    for fact in document_facts(document):
        if rule := FACTS.get(fact.kind):
            place = "" if fact.statement is None else fact.sid or str(fact.statement)
            named.setdefault((rule, place), []).append(fact.detail)
    if ("admin", "") in named:  # which says it all
        named = {("admin", ""): named["admin", ""]}
    for (rule, place), details in named.items():
        yield Remark(piece, rule, _meant(rule, details), place)
    for id, title in escalation_paths(document):
        yield Remark(piece, "escalation", f"{title} ({id})")
    for text in problems(_text(document)):
        if not text.startswith("Condition ") and NAME not in text:
            yield Remark(piece, "aws-would-say", text.rstrip("."))


def _meant(rule: str, details: list[str]) -> str:
    shown = ", ".join(dict.fromkeys(detail for detail in details[:MOST_NAMES] if detail))
    more = f" and {len(details) - MOST_NAMES} more" if len(details) > MOST_NAMES else ""
    return f"{RULES[rule][1]}: {shown}{more}" if shown else RULES[rule][1]


def escalation_paths(*documents: Document) -> tuple[tuple[str, str], ...]:
    """The ways in which the holder of the documents can gain more, by id and title; an administrator needs none."""
    first = holder_of(documents[0])
    policies = tuple(Policy(f"document {number}", document) for number, document in enumerate(documents))
    holder = replace(first, arn=first.arn.replace(FRESH, "holder"), policies=policies)
    return tuple((each.path.id, each.path.title) for each in escalations(holder).paths if each.path.gain != "resource")


def together(pieces: Sequence[Piece]) -> Iterator[Remark]:
    """What the policies of one role, user or group give only together."""
    by_holder: dict[tuple[str, str], list[Piece]] = {}
    for piece in pieces:
        if piece.kind == "identity" and piece.where and piece.source is not None:
            by_holder.setdefault((str(piece.path), piece.where), []).append(piece)
    for own in by_holder.values():
        documents = [document for piece in own if (document := policy_of(piece, "least").document)]
        if len(documents) > 1:
            alone = {id for document in documents for id, _ in escalation_paths(document)}
            for id, title in escalation_paths(*documents):
                if id not in alone:
                    yield Remark(own[0], "escalation", f"by all policies of {own[0].where} together: {title} ({id})")


def _text(document: Document) -> str:
    statements = ", ".join(statement.text for statement in document.statements)
    return f'{{"Version": "{document.version}", "Statement": [{statements}]}}'


def _outside(piece: Piece, policy: Policy, inside: Organization) -> Iterator[Remark]:
    assert policy.document is not None
    for access in accesses(piece, policy, inside):
        who = "anyone" if access.account == ANY_ACCOUNT else access.account
        through = f" through {access.service}" if access.service else ""
        under = "" if access.verdict is Tri.YES else f", limited by {', '.join(access.limited_by) or 'conditions'}"
        rule = "public" if access.is_public and access.verdict is Tri.YES else "outside-access"
        yield Remark(piece, rule, f"{who} gets in{through} ({access.action}){under}")
    if piece.kind == "trust":
        for fact in trust_facts(policy.document, inside):
            graded = {"dangerous": "identity-provider", "caution": "identity-provider-caution"}.get(fact.oidc_grade)
            if graded:
                yield Remark(piece, graded, f"{fact.value}: {fact.oidc_reason}", fact.sid or str(fact.statement))


def accesses(piece: Piece, policy: Policy, inside: Organization) -> list[Access]:
    """Who gets in from outside. Services that a role trusts act in its own account."""
    if piece.kind != "trust":
        return [each for each in outside_access(policy, inside) if not each.service or each.account != ANY_ACCOUNT]
    return [each for each in outside_access(policy, inside, actions=ENTRY_ACTIONS[:1]) if not each.service]
