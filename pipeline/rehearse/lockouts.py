"""Whom the change must not lock out: break-glass users, Rolecall's reader role, roles that accounts are run with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from pipeline import collectors, knowledge
from pipeline.aws.permissions import all_actions
from pipeline.facts._batches import queried
from pipeline.facts._principals import QUERIES, PrincipalFactory
from pipeline.policy import Evidence
from pipeline.policy.context import Value
from pipeline.policy.match import glob
from pipeline.rehearse.breaks import Breaks
from pipeline.rehearse.callers import Entries, shut, together
from pipeline.rehearse.losses import Certainty, Loss
from pipeline.rehearse.session import Session
from pipeline.rows import rows
from pipeline.schema import Row

GUARDED = """
    select people.arn, people.name, people.account_id, people.principal_type, touched.alike,
        earlier.trust_document as trust_before, later.trust_document as trust_after
    from int_principals as people
    left join temp.touched as touched on people.arn = touched.principal_arn
    left join warehouse.main.stg_roles as earlier on people.arn = earlier.arn
    left join stg_roles as later on people.arn = later.arn
    where exists (
        from (select unnest($names) as pattern) where people.principal_type = 'role' and people.name glob pattern
    ) or exists (from (select unnest($arns) as pattern) where people.arn glob pattern)
    order by people.account_id, people.arn"""
BREAK_GLASS = "select resource, account_id from stg_register where kind = 'break_glass_user' and is_live order by all"
LEVELS = """
    select account_id, levels_sha256 from int_control_levels
    where policy_type = 'SERVICE_CONTROL_POLICY' and list_contains($accounts, account_id)
    order by account_id"""


@dataclass(frozen=True)
class Lockout:
    """Someone who loses what they need. `principal_arn` None: everybody in the account. `callers`: those who cannot
    enter the role, or may not be able to; none if it is what the principal itself does.
    """

    account_id: str
    principal_arn: str | None
    what: str
    certainty: Certainty
    actions: tuple[str, ...]
    depends_on: tuple[str, ...]
    reason: str
    statement: Evidence | None = None
    callers: tuple[str, ...] = ()

    @property
    def loses(self) -> str:
        """Some of the actions, and by whom if not by the principal itself."""
        by = f" by {', '.join(self.callers[:MOST])}{' …' * (len(self.callers) > MOST)}" if self.callers else ""
        return f"{', '.join(self.actions[:MOST])}{' …' * (len(self.actions) > MOST)}{by}"


MOST = 4


def alike(lockouts: Iterable[Lockout]) -> list[list[Lockout]]:
    """Those that lose the same for the same reason, the certain ones first, then those of most principals."""
    groups: dict[tuple[object, ...], list[Lockout]] = {}
    for row in lockouts:
        groups.setdefault((row.what, row.certainty, row.actions, row.depends_on, row.reason), []).append(row)
    return sorted(groups.values(), key=lambda each: (each[0].certainty != "certain", -len(each)))


def of(session: Session, breaks: Breaks, account_ids: tuple[str, ...]) -> list[Lockout]:
    """Who is locked out, accounts without any Allow first; then by account and principal."""
    guarded, entries = Guarded(session), Entries(session)
    found = list(_without_allow(session, account_ids))
    for person in rows(session.con, GUARDED, names=guarded.names, arns=guarded.arns):
        comparison = breaks.comparisons.get(person["alike"])
        entered = entries.of(person, HTTPS) if person["trust_before"] else []
        for what, needs in guarded.of(person):
            if loss := together(entered):
                found.append(
                    _locked(person, what, loss, {entry.action for entry in entered if entry.loss}, shut(entered))
                )
            losses = {name: loss for name in needs if comparison and (loss := comparison.loss(name, HTTPS))}
            if certain := {name: loss for name, loss in losses.items() if loss.certainty == "certain"}:
                losses = certain
            if losses:
                keys = tuple(sorted({key for loss in losses.values() for key in loss.keys}))
                found.append(_locked(person, what, replace(next(iter(losses.values())), keys=keys), losses))
    return found


HTTPS: dict[str, Value] = {"aws:SecureTransport": True}
"""AWS's services, its console and Rolecall ask over HTTPS."""


def _locked(person: Row, what: str, loss: Loss, actions: Iterable[str], callers: tuple[str, ...] = ()) -> Lockout:
    named = (person["account_id"], person["arn"], what)
    return Lockout(*named, loss.certainty, tuple(actions), loss.keys, loss.reason, loss.statement, callers)


class Guarded:
    """The principals that must not be locked out, and what they need."""

    def __init__(self, session: Session) -> None:
        known = knowledge.load("lockout_roles").facts
        self._roles = [(one["name"], one["what"], tuple(one["needs"])) for one in known["roles"]]
        reads = {
            each for one in collectors.datasets().values() if one.scope != "organization" for each in one.operations
        }
        reader = session.settings.role_name.rpartition("/")[2]
        self._roles.append((reader, "Rolecall reads the account with it", tuple(all_actions(sorted(reads)))))
        self._break_glass = rows(session.con, BREAK_GLASS)
        self._undo = tuple(known["break_glass"]["needs"])

    @property
    def names(self) -> list[str]:
        """Patterns of the names of roles, for SQL's GLOB."""
        return [name.replace("[", "[[]") for name, *_ in self._roles]

    @property
    def arns(self) -> list[str]:
        """Patterns of the ARNs of break-glass users, for SQL's GLOB."""
        return [entry["resource"].replace("[", "[[]") for entry in self._break_glass]

    def of(self, person: Row) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What the principal is for, and the actions that it needs; several if it is for several."""
        if person["principal_type"] == "role":
            yield from ((what, needs) for name, what, needs in self._roles if fnmatchcase(person["name"], name))
        for entry in self._break_glass:
            if entry["account_id"] in (None, person["account_id"]) and glob(entry["resource"], person["arn"]):
                yield "break-glass user of the register", self._undo


def _without_allow(session: Session, account_ids: tuple[str, ...]) -> Iterator[Lockout]:
    """Accounts in which the SCPs of some level allow nothing at all, and did before."""
    starved = _starved(session, account_ids)
    if starved:
        with session.before():
            starved = {name: depth for name, depth in starved.items() if name not in _starved(session, account_ids)}
    for account_id, depth in starved.items():
        reason = f"no SCP of level {depth} of its path, the root being 0, allows anything"
        yield Lockout(account_id, None, "everybody in the account", "certain", ("*",), (), reason)


def _starved(session: Session, account_ids: tuple[str, ...]) -> dict[str, int]:
    with queried(session.con, QUERIES) as tables:
        factory = PrincipalFactory(tables)
        found = rows(session.con, LEVELS, accounts=list(account_ids))
        levels = {row["account_id"]: factory.levels("SERVICE_CONTROL_POLICY", row["levels_sha256"]) for row in found}
    empty = {
        name: [
            depth
            for depth, level in enumerate(of_account or ())
            if not any(
                policy.document is None or any(one.effect == "Allow" for one in policy.document.statements)
                for policy in level
            )
        ]
        for name, of_account in levels.items()
    }
    return {name: depths[0] for name, depths in empty.items() if depths}
