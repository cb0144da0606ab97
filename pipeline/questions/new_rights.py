"""What a policy allows that its earlier version did not: by the evaluator, on the resources where they could differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipeline.policy.actions import expand
from pipeline.policy.callers import account_of, caller, is_whole_account
from pipeline.policy.context import Context
from pipeline.policy.document import Document, Statement
from pipeline.policy.evaluate import evaluate
from pipeline.policy.exceeds import denied, one_of_each
from pipeline.policy.facts import holder_of
from pipeline.policy.match import common_text
from pipeline.policy.principal import FRESH, answer, can
from pipeline.policy.request import Policies, Policy, Request
from pipeline.policy.rights import allows, named_actions, speaking
from pipeline.policy.strangers import Organization
from pipeline.policy.targets import targets
from pipeline.policy.tri import Tri
from pipeline.policy.trust import ENTRY_ACTIONS
from pipeline.questions.pieces import Piece
from pipeline.questions.rules import MOST_NAMES, Remark, accesses, policy_of
from pipeline.questions.who_can import EVERYTHING

Version = Mapping[tuple[str, str, str], Piece]


def new_access(piece: Piece, earlier: Piece | None, inside: Organization) -> Iterator[Remark]:
    """Remarks on what is new. Without an earlier version all of it is; open references make it not known."""
    if piece.source is None or (earlier is not None and earlier.source is None):
        yield Remark(piece, "not-known", "whether it allows something new cannot be told")
        return
    found = list(_gained(piece, earlier, inside, ("least", "most")))
    if found:
        more = f" and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else ""
        yield Remark(piece, "new-access", f"new: {'; '.join(found[:MOST_NAMES])}{more}")
        return
    if piece.unresolved or (earlier and earlier.unresolved):
        possible = list(_gained(piece, earlier, inside, ("most", "least")))
        if possible:
            words = f"it may newly allow {possible[0]}: that depends on {', '.join(piece.unresolved)}"
            yield Remark(piece, "not-known", words)


def not_granted(piece: Piece, actions: Iterable[str]) -> Iterator[Remark]:
    """Remarks on actions that an identity policy must not allow, on whatever resource."""
    if piece.kind != "identity" or piece.source is None:
        return
    for pattern in actions:
        for action in expand(pattern):
            sure, possible = (_answer(policy_of(piece, side).document, action) for side in ("least", "most"))
            if sure is not Tri.NO:
                yield Remark(piece, "not-granted", f"{action}{' under conditions' if sure is Tri.DEPENDS else ''}")
            elif possible is not Tri.NO:
                yield Remark(
                    piece, "not-known", f"it may allow {action}: that depends on {', '.join(piece.unresolved)}"
                )


def _answer(document: Document | None, action: str) -> Tri:
    return Tri.DEPENDS if document is None else answer(allows(holder_of(document), action))


def _gained(piece: Piece, earlier: Piece | None, inside: Organization, sides: tuple[str, str]) -> Iterator[str]:
    new = policy_of(piece, sides[0])
    old = policy_of(earlier, sides[1]) if earlier else None
    if new.document is None:
        return
    if piece.kind in ("trust", "resource"):
        yield from _outsiders(piece, new, old, inside)
        yield from _principals(piece, new.document, old, inside)
    else:
        yield from _actions(new.document, old.document if old else None)


# -- identity policies, boundaries, SCPs


def _actions(new: Document, old: Document | None) -> Iterator[str]:
    """Actions that are allowed on a resource where they were not, or now without a condition; one line for each."""
    if new == old:
        return
    holder, before = holder_of(new), holder_of(old) if old else None
    both = (new, old) if old else (new,)
    seen: set[tuple[Statement, ...]] = set()
    for action in one_of_each(_worth_asking(new), holder, both):
        told = speaking(both, action)
        if told in seen:
            continue
        for resource in dict.fromkeys((*targets(holder, action), *denied(holder, action, both[1:]))):
            owner = account_of(resource) or holder.account
            now = answer(can(holder, action, resource, account=owner))
            then = answer(can(before, action, resource, account=owner)) if before else Tri.NO
            if now > then or (now is then is Tri.DEPENDS and _conditions(new, action) != _conditions(old, action)):
                yield f"{action} on {resource.replace(FRESH, '*')}{' under conditions' if now is Tri.DEPENDS else ''}"
                seen.add(told)
                break


def _worth_asking(new: Document) -> Iterator[str]:
    yield from named_actions(new)
    if any(statement.actions is None or "*" in statement.actions for statement in new.statements):
        yield f"{FRESH}:{FRESH}"


def _conditions(document: Document | None, action: str) -> frozenset[str]:
    """The conditions on the action, as texts: where these differ, no single request says whether more is allowed."""
    if document is None:
        return frozenset()
    return frozenset(f"{each.effect} {sorted(map(str, each.conditions))}" for each in speaking((document,), action))


# -- trust and other resource policies


def _outsiders(piece: Piece, new: Policy, old: Policy | None, inside: Organization) -> Iterator[str]:
    before = {(each.account, each.service): each.verdict for each in accesses(piece, old, inside)} if old else {}
    for access in accesses(piece, new, inside):
        if access.verdict > before.get((access.account, access.service), Tri.NO):
            yield f"{'anyone' if access.account == '*' else access.account} gets in ({access.action})"


def _principals(piece: Piece, new: Document, old: Policy | None, inside: Organization) -> Iterator[str]:
    """Principals that the new version names and that it lets do more than the old one did."""
    named = {
        value
        for statement in new.statements
        if statement.effect == "Allow"
        for kind, value in statement.principals or ()
        if "*" not in value
    }
    before = old.document if old else None
    for name in sorted(named):
        for action, place in _requests(piece, new, inside):
            now, then = (_entry(name, action, place, each, inside) for each in (new, before))
            if now > then:
                yield f"{name} may {action}"
                break


def _requests(piece: Piece, new: Document, inside: Organization) -> Iterator[tuple[str, str]]:
    for statement in new.statements:
        if statement.effect == "Allow":
            role = f"arn:{inside.partition}:iam::{inside.account}:role/{FRESH}"
            place = (
                role if piece.kind == "trust" else common_text((statement.resources or ("*",))[0], "*", FRESH) or "*"
            )
            patterns = ENTRY_ACTIONS if piece.kind == "trust" else statement.actions or ("*",)
            yield from ((action, place) for pattern in patterns for action in (expand(pattern)[:3] or (pattern,)))


def _entry(name: str, action: str, place: str, document: Document | None, inside: Organization) -> Tri:
    """Whether the policy gives the action to the principal: by itself within the account, else if it is given too."""
    if document is None:
        return Tri.NO
    is_account = is_whole_account(name)
    who = caller(f"arn:{inside.partition}:iam::{account_of(name)}:role/{FRESH}" if is_account else name)
    context = Context.of(who.context(), complete=False, not_before=inside.not_before)
    own = [EVERYTHING] if is_account or who.account != inside.account else []
    request = Request(who, action, place, context, inside.account)
    return answer(evaluate(request, Policies(identity=own, resource=Policy("", document))))
