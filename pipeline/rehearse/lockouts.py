"""Whom the change must not lock out: break-glass users, Rolecall's reader role, roles that accounts are run with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pipeline import collectors, knowledge
from pipeline.aws.permissions import all_actions
from pipeline.facts._batches import queried
from pipeline.facts._principals import QUERIES, PrincipalFactory
from pipeline.policy import Evidence
from pipeline.policy.match import glob
from pipeline.rehearse.breaks import Breaks
from pipeline.rehearse.losses import Certainty, Loss
from pipeline.rehearse.session import Session
from pipeline.rows import rows
from pipeline.schema import Row

TOUCHED = """
    select people.arn, people.name, people.account_id, people.principal_type
    from int_principals as people
    semi join temp.touched as touched on people.arn = touched.principal_arn
    order by people.account_id, people.arn"""
BREAK_GLASS = "select resource, account_id from stg_register where kind = 'break_glass_user' and is_live order by all"
LEVELS = """
    select account_id, levels_sha256 from int_control_levels
    where policy_type = 'SERVICE_CONTROL_POLICY' and list_contains($accounts, account_id)
    order by account_id"""


@dataclass(frozen=True)
class Lockout:
    """Someone who loses what they need. `principal_arn` None: everybody in the account."""

    account_id: str
    principal_arn: str | None
    what: str
    certainty: Certainty
    actions: tuple[str, ...]
    depends_on: tuple[str, ...]
    reason: str
    statement: Evidence | None = None


def of(session: Session, breaks: Breaks, account_ids: tuple[str, ...]) -> list[Lockout]:
    """Who is locked out, accounts without any Allow first."""
    guarded = Guarded(session)
    found = list(_without_allow(session, account_ids))
    for person in rows(session.con, TOUCHED):
        for what, needs in guarded.of(person):
            comparison = breaks.of(person["arn"])
            losses = {name: loss for name in needs if comparison and (loss := comparison.loss(name))}
            if losses:
                found.append(_locked(person, what, losses))
    return found


def _locked(person: Row, what: str, losses: dict[str, Loss]) -> Lockout:
    certain = {name: loss for name, loss in losses.items() if loss.certainty == "certain"}
    told = certain or losses
    first = next(iter(told.values()))
    keys = tuple(sorted({key for loss in told.values() for key in loss.keys}))
    named = (person["account_id"], person["arn"], what)
    return Lockout(*named, first.certainty, tuple(told), keys, first.reason, first.statement)


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
