"""Who could assume a role by its old trust policy, and cannot by the new one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pipeline.facts._principals import start_of
from pipeline.policy import Context, Decision, Policies, Policy, Request, Tri, evaluate
from pipeline.policy.callers import Caller, caller
from pipeline.policy.principal import FRESH, answer
from pipeline.rehearse.breaks import Break
from pipeline.rehearse.change import Change
from pipeline.rehearse.losses import SOMEONE_ELSE
from pipeline.rehearse.session import Session
from pipeline.rows import rows

ENTRIES = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
# What a caller's own side says is not the question here: it may be anyone with the right to assume roles.
MAY = Policy.read("may assume", {"Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}})
WHO = "who assumed it"
USED = """
    select roles.arn, roles.account_id, roles.trust_document, roles.last_used_at, roles.last_used_region, people.owner
    from stg_roles as roles left join int_principals as people on roles.arn = people.arn
    where roles.arn = $arn and roles.last_used_at >= getvariable('as_of') - $days::integer"""


def breaks(session: Session, change: Change, days: int) -> Iterator[Break]:
    """The use of a role whose trust policy shuts callers out. AWS tells when a role was assumed, not by whom."""
    with session.before():
        found = rows(session.con, USED, arn=change.target.key, days=days)
    new = Policy(change.added[0].name, change.added[0].document)
    start = start_of(session.night.as_of)
    for role in found:
        old = Policy.read("trust policy", role["trust_document"], "trust")
        asked = [
            (who, before, _asked(who, entry, role["arn"], new, start))
            for who in _named(old, role["arn"])
            for entry in ENTRIES
            if answer(before := _asked(who, entry, role["arn"], old, start)) is not Tri.NO
        ]
        shut = [(who, after) for who, before, after in asked if answer(after) < answer(before)]
        if not shut:
            continue
        certain = all(answer(after) is Tri.NO for _, _, after in asked)
        keys = {key for _, after in shut for key in after.unknown_keys} | ({WHO} if len(shut) < len(asked) else set())
        yield Break(
            role["arn"],
            role["account_id"],
            role["owner"],
            "sts:AssumeRole",
            "role",
            role["last_used_at"],
            role["last_used_region"],
            "certain" if certain else "conditional",
            () if certain else tuple(sorted(keys)) or (WHO,),
            shut[0][1].reason,
            next(iter(shut[0][1].evidence), None),
            tuple(sorted({who.arn.replace(FRESH, "*") for who, _ in shut})),
        )


def _named(trust: Policy, role_arn: str) -> Iterator[Caller]:
    """One caller for each principal that the trust policy names."""
    partition = role_arn.split(":")[1]
    statements = trust.document.statements if trust.document else ()
    for kind, value in dict.fromkeys(pair for one in statements for pair in one.principals or (("*", "*"),)):
        if kind == "Service":
            yield Caller("service", value)
        elif value == "*":
            yield caller(f"arn:{partition}:iam::{SOMEONE_ELSE}:role/{FRESH}")
        elif value.isdigit() or value.endswith(":root"):
            account = value if value.isdigit() else value.split(":")[4]
            yield caller(f"arn:{partition}:iam::{account}:role/{FRESH}")
        else:
            yield caller(value)


def _asked(who: Caller, action: str, role_arn: str, trust: Policy, not_before: datetime) -> Decision:
    context = Context.of(who.context(), complete=False, not_before=not_before)
    request = Request(who, action, role_arn, context, role_arn.split(":")[4])
    return evaluate(request, Policies(identity=(MAY,), resource=trust))
