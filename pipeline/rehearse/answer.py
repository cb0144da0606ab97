"""The answer of a rehearsal: what breaks, what turns, what is untouched, who is locked out, what AWS would refuse."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.policy import Evidence
from pipeline.rehearse import callers, closed, edits, limits, lockouts, requests
from pipeline.rehearse.breaks import Break, Breaks
from pipeline.rehearse.change import Change, Kind, resolved
from pipeline.rehearse.limits import Limit
from pipeline.rehearse.lockouts import Lockout
from pipeline.rehearse.session import Session, opened
from pipeline.rehearse.trail import Trail
from pipeline.rows import rows
from pipeline.schema import Row
from pipeline.settings import Settings

ORDER = {"certain": 0, "conditional": 1, "unknown": 2}
CLOSED = ("pass", "not_applicable", None)


@dataclass(frozen=True)
class Answer:
    """`unknown`: principals and accounts of which it is not known what they used, with the call that failed. `trail`:
    what CloudTrail recorded, and `gaps` what it does not tell. `names`: of the accounts in which something breaks.
    """

    change: str
    as_of: date
    days: int
    touched: int
    breaks: tuple[Break, ...]
    unknown: tuple[Row, ...]
    locks_out: tuple[Lockout, ...]
    turns: tuple[Row, ...]
    untouched: tuple[Row, ...]
    limits: tuple[Limit, ...]
    measures: dict[str, list[Row]]
    trail: Trail | None = None
    gaps: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)

    @property
    def certain(self) -> list[Break]:
        return [one for one in self.breaks if one.certainty == "certain"]

    @property
    def closes(self) -> list[Row]:
        """The fails that end."""
        return [one for one in self.turns if one["verdict_before"] == "fail" and one["verdict_after"] in CLOSED]

    @property
    def opens(self) -> list[Row]:
        """The findings that fail anew."""
        return [one for one in self.turns if one["verdict_after"] == "fail"]

    @property
    def is_safe(self) -> bool:
        """Whether nothing breaks for certain, nobody is locked out for certain, and AWS would take it."""
        is_locked = any(one.certainty == "certain" for one in self.locks_out)
        return not (self.certain or is_locked or any(one.holds is False for one in self.limits))


def rehearse(
    settings: Settings,
    kind: Kind,
    files: Sequence[Path],
    at: str,
    replaced: Sequence[str] = (),
    detached: Sequence[str] = (),
    days: int = 90,
    events: str | Path | None = None,
) -> Answer:
    """Rehearse a change on the newest published night. Raises `Refused`; nothing is written."""
    with opened(settings) as session:
        change = resolved(session.con, kind, files, at, replaced, detached)
        return answered(session, change, days, events)


def answered(session: Session, change: Change, days: int, events: str | Path | None = None) -> Answer:
    """The answer for a change on an open session; `events`: CloudTrail's, a file, a folder or `s3://`."""
    session.apply([*edits.of(session.con, change), *closed.of(session.con, change, session.settings)])
    breaks = Breaks(session, change.target.accounts, days, _texts(session, change))
    found = [*breaks.all(), *(callers.breaks(session, change, days) if change.kind == "trust" else ())]
    recorded = requests.recorded(session, breaks, change.target.accounts, events, days) if events else None
    found += recorded.breaks if recorded else ()
    return Answer(
        str(change),
        session.night.as_of,
        days,
        breaks.count,
        tuple(sorted(found, key=lambda one: (ORDER[one.certainty], one.account_id, one.principal_arn, one.action))),
        tuple(breaks.unread()),
        tuple(lockouts.of(session, breaks, change.target.accounts if change.kind == "scp" else ())),
        tuple(session.turned()),
        tuple(_untouched(session, change)),
        tuple(limits.of(session, change)),
        session.measures(),
        recorded.trail if recorded else None,
        recorded.gaps if recorded else (),
        _names(session, {one.account_id for one in found}),
    )


def _names(session: Session, account_ids: Collection[str]) -> dict[str, str]:
    query = "select account_id, name from int_accounts where list_contains($ids, account_id) order by account_id"
    return {row["account_id"]: row["name"] for row in rows(session.con, query, ids=sorted(account_ids))}


def _texts(session: Session, change: Change) -> list[str]:
    """The documents that the change attaches or detaches, as text."""
    with session.before():
        query = """
            select document from stg_organization_policies
            where list_has_any($names, [name, arn, policy_id])"""
        removed = rows(session.con, query, names=list(change.removed))
    return [*(policy.text for policy in change.added), *(row["document"] for row in removed)]


LEFT_OUT = """
    select
        count(*) filter (is_service_linked) as service_linked,
        count(*) filter (not is_service_linked and starts_with(path, '/aws-reserved/')) as reserved
    from int_principals where list_contains($accounts, account_id)"""


def _untouched(session: Session, change: Change) -> list[Row]:
    """What the change does not reach, and why."""
    ((management,),) = session.con.execute("select management_account_id from stg_organization").fetchall()
    ((service_linked, reserved),) = session.con.execute(LEFT_OUT, {"accounts": list(change.target.accounts)}).fetchall()
    found: list[Row] = []
    if change.kind in edits.TYPES and management in change.target.accounts:
        whom = "principals" if change.kind == "scp" else "resources"
        found.append(
            {"what": f"management account {management}", "why": f"{change.kind.upper()}s never bind its {whom}"}
        )
    if service_linked and change.kind in (*edits.TYPES, "boundary"):
        found.append({"what": f"{service_linked} service-linked roles", "why": "AWS exempts them"})
    if reserved and change.kind == "boundary":
        why = "only Identity Center changes them: their boundary is the permission set's"
        found.append({"what": f"{reserved} roles of permission sets", "why": why})
    if change.kind == "scp":
        why = "SCPs bind principals of the organization, wherever the resource is"
        found.append({"what": "principals outside of the organization", "why": why})
    if change.kind == "rcp":
        why = "AWS does not tell on which resources an action was used: whom of these it stops is not known"
        found.append({"what": "callers from other accounts and AWS services", "why": why})
    if change.kind == "scp":
        why = "bound by SCPs, but AWS tracks no actions of theirs"
        found.append({"what": "root users of member accounts", "why": why})
    return found


def as_data(answer: Answer) -> dict[str, Any]:
    """The answer for JSON; statements are objects."""
    data = asdict(answer) | {"closes": answer.closes, "opens": answer.opens, "is_safe": answer.is_safe}
    for name in ("breaks", "locks_out"):
        data[name] = [asdict(one) | {"statement": statement(one.statement)} for one in getattr(answer, name)]
    return data


def statement(hit: Evidence | None) -> dict[str, Any] | None:
    """A statement that decides, with the policy that it is in."""
    if hit is None:
        return None
    text = json.loads(hit.text) if hit.text else None
    return {"layer": hit.layer, "policy": hit.policy, "sid": hit.sid, "index": hit.index, "statement": text}
