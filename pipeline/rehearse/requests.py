"""What CloudTrail recorded, judged: each group of like events once, with all that is told of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path

from pipeline import knowledge
from pipeline.policy import Document
from pipeline.policy import actions as catalogue
from pipeline.policy.callers import account_of
from pipeline.policy.context import Value
from pipeline.policy.principal import Principal
from pipeline.policy.targets import inside, shapes
from pipeline.rehearse import trail
from pipeline.rehearse.breaks import Break, Breaks
from pipeline.rehearse.losses import Comparison, Loss, Spot
from pipeline.rehearse.session import Session
from pipeline.rehearse.trail import Trail
from pipeline.schema import Row
from pipeline.text import plural

USERS = "(select distinct principal_arn from temp.trail where principal_arn is not null)"
DATA = "What reads or writes data (objects, items, messages, invocations) is in data events; the trail has none"
MOST_NAMES = 5


@dataclass(frozen=True)
class Recorded:
    """What was recorded that breaks, what was read, and what it does not tell, a sentence each."""

    trail: Trail
    breaks: tuple[Break, ...]
    gaps: tuple[str, ...]


def recorded(session: Session, breaks: Breaks, accounts: Sequence[str], where: str | Path, days: int) -> Recorded:
    """Judge the events of a file, folder or bucket that are of the last `days` days. Raises `Refused`."""
    since = datetime.combine(session.night.as_of, time()) - timedelta(days=days)
    documents = {document for comparison in breaks.comparisons.values() for document in comparison.documents}
    read = trail.read(session.con, where, since, _networks(documents), session.settings)
    comparisons = breaks.compared(USERS)
    broken: dict[tuple[object, ...], Break] = {}
    unjudged: Counter[str] = Counter()
    for row in trail.uses(session.con):
        comparison = comparisons[row["principal_arn"]]
        action = _action(row)
        spots = _spots(comparison.before.principal, action, row)
        if catalogue.find(action) is None or _is_elsewhere(comparison, spots):
            unjudged[action] += row["events"]
        elif loss := _worst(comparison, action, _context(comparison.before.principal, row), spots):
            item = _made(row, action, spots, loss)
            key = item.principal_arn, action, item.resource, item.region, item.certainty, item.depends_on, loss.reason
            broken[key] = _added(broken[key], item) if key in broken else item
    return Recorded(read, tuple(broken.values()), tuple(_gaps(read, since, accounts, unjudged)))


def _networks(documents: Iterable[Document]) -> Iterator[str]:
    """The networks and addresses in the conditions of policies."""
    for document in documents:
        for statement in document.statements:
            for condition in statement.conditions:
                if condition.key.lower() in ("aws:sourceip", "aws:vpcsourceip"):
                    yield from condition.values


def _action(row: Row) -> str:
    """The IAM action of an event."""
    names = knowledge.load("trail_events").facts
    action = f"{names['sources'].get(row['source'], row['source'])}:{row['event']}"
    return str(names["actions"].get(action, action))


def _spots(principal: Principal, action: str, row: Row) -> tuple[Spot, ...]:
    """The recorded resources that the action accepts. The owner of a bucket stands beside its object."""
    kinds = shapes(action, principal.caller.partition, principal.account)
    owner = next((one["account_id"] for one in row["resources"] or () if one["account_id"]), "")
    arns = [
        one["arn"] for one in row["resources"] or () if one["arn"] and any(inside(one["arn"], kind) for kind in kinds)
    ]
    owners = [account_of(arn) or owner for arn in arns]
    return tuple(Spot(arn, "" if who == principal.account else who) for arn, who in zip(arns, owners, strict=True))


def _is_elsewhere(comparison: Comparison, spots: Sequence[Spot]) -> bool:
    """Whether other RCPs than those of the principal's account decide."""
    return comparison.before.rcp_levels != comparison.after.rcp_levels and any(spot.owner for spot in spots)


def _context(principal: Principal, row: Row) -> dict[str, Value]:
    """What is known of the requests; an empty value for a key that they did not have."""
    keys: dict[str, Value] = {"aws:RequestedRegion": row["region"]} if row["region"] else {}
    if row["mfa"] or principal.kind == "user":
        keys["aws:MultiFactorAuthPresent"] = row["mfa"] or ()
    if row["is_over_tls"]:
        keys["aws:SecureTransport"] = True
    if row["is_by_service"] is not False:
        return keys  # on whose network a service called is not recorded
    keys |= {"aws:ViaAWSService": False, "aws:CalledVia": (), "aws:SourceVpce": row["vpc_endpoint"] or ()}
    present, absent = "aws:SourceIp", "aws:VpcSourceIp"
    if row["vpc_endpoint"]:
        present, absent = absent, present
    else:
        keys["aws:SourceVpc"] = ()
    return keys | {absent: ()} | ({present: row["address"]} if row["address"] else {})


def _worst(comparison: Comparison, action: str, keys: dict[str, Value], spots: Sequence[Spot]) -> Loss | None:
    """A request needs all of its resources, so the worst answer counts."""
    losses = [comparison.loss(action, keys, (spot,)) for spot in spots] if spots else [comparison.loss(action, keys)]
    denied = [loss for loss in losses if loss]
    return next((loss for loss in denied if loss.certainty == "certain"), denied[0] if denied else None)


def _made(row: Row, action: str, spots: Sequence[Spot], loss: Loss) -> Break:
    return Break(
        principal_arn=row["principal_arn"],
        account_id=row["principal_account"],
        owner=row["owner"],
        action=action,
        basis="event",
        last_used=row["last_at"],
        region=row["region"],
        certainty=loss.certainty,
        depends_on=loss.keys,
        reason=loss.reason,
        statement=loss.statement,
        resource=", ".join(spot.resource for spot in spots),
        events=row["events"],
    )


def _added(one: Break, other: Break) -> Break:
    return replace(one, events=one.events + other.events, last_used=max(one.last_used, other.last_used))


def _gaps(read: Trail, since: datetime, accounts: Sequence[str], unjudged: Counter[str]) -> Iterator[str]:
    if not read.events or read.first_at is None:
        yield "No event of these days is in it"
        return
    if read.first_at.date() > since.date():
        yield f"The first event is of {read.first_at:%Y-%m-%d}: nothing is told of the days from {since:%Y-%m-%d} on"
    if not read.data:
        yield DATA
    if missing := sorted(set(accounts) - set(read.accounts)):
        yield f"No event of {plural(len(missing), 'account')}: {_some(missing)}"
    if unjudged:
        names = [name for name, _ in unjudged.most_common()]
        yield f"{plural(unjudged.total(), 'event')} could not be judged: {_some(names)}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")
