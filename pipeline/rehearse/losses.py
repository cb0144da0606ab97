"""One action of one principal before and after a change: newly denied for certain, under conditions, or not.

AWS tells that an action was used, not on what, from where or by which session. So it is denied for certain only if
every request that was possible before is denied after; if only some are, it says on what that depends.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from math import prod
from typing import Literal

from pipeline.policy import Decision, Document, Evidence, Principal, Tri, can
from pipeline.policy import actions as catalogue
from pipeline.policy.beyond_policies import needs_no_permission
from pipeline.policy.choices import Choices, by_key
from pipeline.policy.context import Value, strings
from pipeline.policy.evaluate import statements_on
from pipeline.policy.match import common_arn, plain, statement_covers_action, without_variables
from pipeline.policy.principal import FRESH, answer
from pipeline.policy.request import Policy
from pipeline.policy.targets import targets, template

Certainty = Literal["certain", "conditional", "unknown"]
Levels = tuple[tuple[Policy, ...], ...]
Place = tuple[str, int, Document | str]

SOMEONE_ELSE = "000000000000"
"""Stands for an account that no policy mentions: the owner of a resource elsewhere."""
OF_RESOURCES = ("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths")
MOST_KEYS, MOST_WAYS = 3, 256
RESOURCE = "the resource"
"""What an answer depends on beside condition keys."""


@dataclass(frozen=True)
class Situation:
    """A principal with the RCPs of its own account's resources; None where these are not in force. Where it is asked
    about one resource: that one's policy, and the RCPs of its account.
    """

    principal: Principal
    rcp_levels: Levels | None = None
    resource_policy: Policy | None = None

    @property
    def places(self) -> frozenset[Place]:
        """Every document, or the name of a policy that could not be read, and where it stands."""
        one = self.principal
        layers: list[tuple[str, int, tuple[Policy, ...]]] = [("identity", 0, one.policies)]
        layers += [("boundary", 0, (one.boundary,))] if one.boundary else []
        layers += [("scp", depth, level) for depth, level in enumerate(one.scp_levels or ())]
        layers += [("rcp", depth, level) for depth, level in enumerate(self.rcp_levels or ())]
        layers += [("resource", 0, (self.resource_policy,))] if self.resource_policy else []
        return frozenset((layer, depth, each.document or each.name) for layer, depth, held in layers for each in held)

    @property
    def limits(self) -> tuple[int | None, bool, bool]:
        """Which limits there are at all: without one, nothing has to allow there."""
        levels = self.principal.scp_levels
        return None if levels is None else len(levels), self.principal.boundary is None, self.rcp_levels is None


@dataclass(frozen=True)
class Loss:
    """A newly denied action. `keys`: the condition keys, or the resource, that it depends on."""

    certainty: Certainty
    keys: tuple[str, ...]
    reason: str
    statement: Evidence | None = None


@dataclass(frozen=True)
class Spot:
    """A representative resource, and its owner if that is not the account in its ARN."""

    resource: str
    owner: str = ""


class Comparison:
    """The same principal before and after; each question is answered once."""

    def __init__(self, before: Situation, after: Situation) -> None:
        self.before, self.after = before, after
        changed = before.places ^ after.places
        self.changed = frozenset(what for *_, what in changed if isinstance(what, Document))
        self._touches_all = before.limits != after.limits or any(isinstance(what, str) for *_, what in changed)
        self.documents = frozenset(what for *_, what in before.places | after.places if isinstance(what, Document))
        self._kinds: dict[str, Hashable] = {}
        self._answers: dict[Hashable, Loss | None] = {}
        self._possible: dict[Hashable, bool] = {}

    @property
    def asks_for_region(self) -> bool:
        """Whether the change treats Regions differently."""
        conditions = (one for document in self.changed for each in document.statements for one in each.conditions)
        return any(condition.key.lower() == "aws:requestedregion" for condition in conditions)

    def touches(self, action: str) -> bool:
        """Whether the change can make any difference to the action."""
        if self._touches_all:
            return True
        return any(statement_covers_action(one, action) for document in self.changed for one in document.statements)

    def loss(self, action: str, keys: Mapping[str, Value] | None = None, spots: Sequence[Spot] = ()) -> Loss | None:
        """How the action is newly denied; None if it is not. `keys`: what is known of the request, an empty value for a
        key that it did not have; `spots`: the resources, if they are known.
        """
        if not self.touches(action):
            return None
        known = dict(keys or {})
        key = (self.kind(action), tuple(sorted((name, strings(value)) for name, value in known.items())), *spots)
        if key not in self._answers:
            self._answers[key] = self._judged(action, known, spots)
        return self._answers[key]

    def was_possible(self, action: str, spots: Sequence[Spot] = ()) -> bool:
        """Whether any request for the action, on one of these resources, was possible before."""
        kind = self.kind(action), *spots
        if kind not in self._possible:
            spots = spots or tuple(self._spots(action))
            self._possible[kind] = any(answer(_asked(self.before, action, spot, {})) is not Tri.NO for spot in spots)
        return self._possible[kind]

    def kind(self, action: str) -> Hashable:
        """Actions of the same kind are treated alike: the same statements speak of them, on the same resources, and
        can ask for the same condition keys.
        """
        if action not in self._kinds:
            self._kinds[action] = kind_of(self.documents, action)
        return self._kinds[action]

    def _judged(self, action: str, more: Mapping[str, Value], spots: Sequence[Spot]) -> Loss | None:
        losses: list[Loss | None] = []
        for spot in spots or self._spots(action):
            before = _asked(self.before, action, spot, more)
            if answer(before) is not Tri.NO:
                after = _asked(self.after, action, spot, more)
                loss = _compared(before, after)
                if loss and loss.certainty == "conditional" and answer(before) is Tri.DEPENDS:
                    asked = sorted({*before.unknown_keys, *after.unknown_keys})
                    loss = self._told_apart(action, spot, more, asked, loss)
                losses.append(loss)
        found = [loss for loss in losses if loss]
        if not found:
            return None
        first = next((loss for loss in found if loss.certainty == "certain"), found[0])
        if all(loss and loss.certainty == "certain" for loss in losses):
            return first
        keys = {key for loss in found for key in loss.keys}
        differs = len(found) < len(losses) or len({loss.certainty for loss in found}) > 1
        return Loss(
            "conditional", tuple(sorted(keys | ({RESOURCE} if differs else set()))), first.reason, first.statement
        )

    def _told_apart(
        self, action: str, spot: Spot, more: Mapping[str, Value], keys: Sequence[str], loss: Loss
    ) -> Loss | None:
        """The loss where the action was allowed under conditions before: these and those of the change may never, or
        always, hold together. Every way in which they can treat a request is tried.
        """
        principal = self.before.principal
        chosen = Choices(by_key(self.documents), principal.caller.partition, principal.not_before)
        context = principal.context(action, more, spot.resource)
        ways = [chosen.of(key.lower(), context) for key in keys[:MOST_KEYS]]
        if len(keys) > MOST_KEYS or prod(map(len, ways)) > MOST_WAYS:
            return loss
        losses = []
        for way in product(*ways):
            keys_of = {**more, **{key: value for choice in way for key, value in choice.items()}}
            before = _asked(self.before, action, spot, keys_of)
            if answer(before) is not Tri.NO:
                losses.append(_compared(before, _asked(self.after, action, spot, keys_of)))
        found = [one for one in losses if one]
        if losses and not found:
            return None
        is_certain = bool(found) and all(one and one.certainty == "certain" for one in losses)
        return found[0] if is_certain else loss

    def _spots(self, action: str) -> Iterator[Spot]:
        """Representative resources, so that each policy treats one of them as it treats any other."""
        found = dict.fromkeys(
            resource for one in (self.before, self.after) for resource in targets(one.principal, action)
        )
        found |= dict.fromkeys(self._named(action))
        own = self.before.principal.account
        owners = dict.fromkeys(("", SOMEONE_ELSE)) if self._asks_for_owner(action) else {"": None}
        for resource in found:
            for owner in owners:
                yield Spot(resource.replace(f":{own}:", f":{owner}:") if owner else resource, owner)

    def _asks_for_owner(self, action: str) -> bool:
        """Whether the change treats resources of others differently, and the action can be on one."""
        entry = catalogue.find(action)
        if action.startswith("iam:") or (entry is not None and entry.needs_star):
            return False
        if self.before.rcp_levels != self.after.rcp_levels:
            return True
        conditions = (one for document in self.changed for each in document.statements for one in each.conditions)
        return any(condition.key.lower() in OF_RESOURCES for condition in conditions)

    def _named(self, action: str) -> Iterator[str]:
        """Resources that the statements of the change name, or leave out."""
        entry, principal = catalogue.find(action), self.before.principal
        if entry is None or entry.needs_star:
            return
        kinds = [template(arn, principal.caller.partition, principal.account) for _, arn in entry.resource_types]
        for document in self.changed:
            for statement in document.statements:
                if not statement_covers_action(statement, action):
                    continue
                for pattern in (*(statement.resources or ()), *(statement.not_resources or ())):
                    expanded = principal.context(action).expand(pattern) if "${" in pattern else pattern
                    text = without_variables(pattern, "*") if isinstance(expanded, Tri) else plain(expanded)
                    yield from (inside for kind in kinds if (inside := common_arn(kind, text, FRESH)))


@lru_cache(maxsize=1 << 18)
def kind_of(documents: frozenset[Document], action: str) -> Hashable:
    """What tells the action from others, for a principal with these documents."""
    service, entry = action.partition(":")[0], catalogue.find(action)
    heard = [
        (document.hash, statement)
        for document in documents
        for effect in ("Allow", "Deny")
        for statement in statements_on(document, action, effect)
    ]
    speaking = [statement for _, statement in heard]
    keys = {condition.key.lower() for statement in speaking for condition in statement.conditions}
    reaching = {key for key in keys if not key.startswith("aws:") and catalogue.key_reaches(action, key) is not False}
    is_for_all = all(statement.resources == ("*",) for statement in speaking)
    types: object = entry.needs_star if entry and is_for_all else entry.resource_types if entry else action
    is_free = action.lower() in needs_no_permission()
    if service in SPECIAL:
        return action
    return service, frozenset((key, statement.index) for key, statement in heard), frozenset(reaching), types, is_free


SPECIAL = ("iam", "sts", "kms")
"""Services with rules of their own for single actions."""


def _asked(one: Situation, action: str, spot: Spot, more: Mapping[str, Value]) -> Decision:
    context = one.principal.context(action, more, spot.resource)
    kept = {key.lower() for key in more} | (context.values.keys() - {SECURE})
    known = {key: value for key, value in context.values.items() if key in kept}
    rcps = None if spot.owner else one.rcp_levels
    asked = replace(context, values=known)
    return can(one.principal, action, spot.resource, asked, one.resource_policy, rcps, spot.owner)


SECURE = "aws:securetransport"
"""Taken for true where it is asked what a principal can do; whether it did so over HTTPS is not known."""


def _compared(before: Decision, after: Decision) -> Loss | None:
    """What the change does to a request that was possible before."""
    if answer(after) is Tri.NO:
        return Loss("certain", (), after.reason, after.evidence[0] if after.evidence else None)
    if answer(after) is Tri.YES:
        return None
    news = _news(before, after)
    if answer(before) is Tri.YES or news:
        keys = {key for hit in news or after.evidence for key in hit.unknown_keys}
        unread = {f"{hit.policy}, which could not be read" for hit in news or after.evidence if hit.index is None}
        hit = next(iter(news or after.evidence), None)
        return Loss("conditional", tuple(sorted(keys | unread)) or (RESOURCE,), after.reason, hit)
    return None


def _news(before: Decision, after: Decision) -> list[Evidence]:
    """The statements that newly make the answer depend, or that remain where others fell away."""
    old, new = ({_same(hit) for hit in one.evidence} for one in (before, after))
    added = [hit for hit in after.evidence if hit.effect == "Deny" and _same(hit) not in old]
    fallen = any(hit.effect == "Allow" and _same(hit) not in new for hit in before.evidence)
    allows = [hit for hit in after.evidence if hit.effect == "Allow"]
    return added or (allows if fallen else [])


def _same(hit: Evidence) -> tuple[str, str, str, Tri]:
    return hit.layer, hit.effect, hit.text, hit.answer
