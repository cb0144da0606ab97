"""Who can enter a role, before and after: those whom its trust policy names, under their SCPs and the role's RCPs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.facts._batches import queried
from pipeline.facts._principals import QUERIES, PrincipalFactory
from pipeline.policy import Document, Policy
from pipeline.policy.callers import account_of, caller, is_whole_account
from pipeline.policy.context import Value
from pipeline.policy.match import common_text
from pipeline.policy.principal import FRESH, Principal
from pipeline.policy.strangers import of_organization, values_of
from pipeline.rehearse.breaks import Break
from pipeline.rehearse.change import Change
from pipeline.rehearse.losses import SOMEONE_ELSE, Comparison, Loss, Situation, Spot
from pipeline.rehearse.session import Session
from pipeline.rows import rows
from pipeline.schema import Row
from pipeline.warehouse.store import Connection

ENTRIES = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
# What a caller's own side says is not the question here: it may be anyone with the right to assume roles.
MAY = Policy.read("may assume", {"Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}})
WHO = "who assumed it"
USED = """
    select roles.arn, roles.account_id, earlier.trust_document as trust_before, roles.trust_document as trust_after,
        roles.last_used_at, roles.last_used_region, people.owner
    from stg_roles as roles
    inner join warehouse.main.stg_roles as earlier on roles.arn = earlier.arn
    left join int_principals as people on roles.arn = people.arn
    where roles.arn = $arn and roles.last_used_at >= getvariable('as_of') - $days::integer"""
LEVELS = "select account_id, policy_type, levels_sha256 from int_control_levels"


def breaks(session: Session, change: Change, days: int) -> Iterator[Break]:
    """The use of a role whose trust policy shuts callers out. AWS tells when a role was assumed, not by whom."""
    entries = Entries(session)
    for role in rows(session.con, USED, arn=change.target.key, days=days):
        ways = entries.of(role)
        if loss := together(ways):
            yield Break(
                role["arn"],
                role["account_id"],
                role["owner"],
                "sts:AssumeRole",
                "role",
                role["last_used_at"],
                role["last_used_region"],
                loss.certainty,
                loss.keys,
                loss.reason,
                loss.statement,
                shut(ways),
            )


@dataclass(frozen=True)
class Entry:
    """A way into a role that was possible before; `who`: an ARN, with * for any name, or a service or provider.
    `loss` None: it still is.
    """

    who: str
    action: str
    loss: Loss | None


def together(entries: Sequence[Entry]) -> Loss | None:
    """How a role can newly not be entered: for certain if nobody can."""
    losses = [entry.loss for entry in entries if entry.loss]
    if not losses:
        return None
    if len(losses) == len(entries) and all(loss.certainty == "certain" for loss in losses):
        return losses[0]
    keys = {key for loss in losses for key in loss.keys}
    differs = len({entry.loss.certainty if entry.loss else "" for entry in entries}) > 1
    return replace(losses[0], certainty="conditional", keys=tuple(sorted(keys | ({WHO} if differs else set()))))


def shut(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Those who can, or may, not enter it any more."""
    return tuple(sorted({entry.who for entry in entries if entry.loss}))


class _Side:
    """The callers and levels of the night as it was, or with the change."""

    def __init__(self, con: Connection) -> None:
        with queried(con, QUERIES) as tables:
            self._factory = PrincipalFactory(tables)
        self.management_account = self._factory.management_account
        self._levels = {(row["account_id"], row["policy_type"]): row["levels_sha256"] for row in rows(con, LEVELS)}

    def over(self, who: str, account: str) -> tuple[str | None, str | None]:
        """What tells the SCPs over a caller, and the RCPs over an account, from others."""
        scps = self._levels.get((account_of(who), "SERVICE_CONTROL_POLICY"))
        return scps, self._levels.get((account, "RESOURCE_CONTROL_POLICY"))

    def situation(self, who: str, account: str, trust: Policy) -> Situation:
        """The caller at a role of the account."""
        scps, rcps = self.over(who, account)
        principal = self._factory.holder(who, (), scps, ())
        facts = self._facts(principal)
        levels = self._factory.levels("RESOURCE_CONTROL_POLICY", rcps)
        return Situation(replace(principal, policies=(MAY,), facts=facts), levels, trust)

    def _facts(self, principal: Principal) -> Mapping[str, Value]:
        if not principal.caller.is_aws_identity:
            return {}
        is_inside = principal.account in principal.places
        return principal.facts if is_inside else of_organization("Principal", f"o-{FRESH}/r-{FRESH}/")


class Entries:
    """Who could enter roles before, and whether they still can."""

    def __init__(self, session: Session) -> None:
        with session.before():
            self._before = _Side(session.con)
        self._after = _Side(session.con)

    def of(self, role: Row, keys: Mapping[str, Value] | None = None) -> list[Entry]:
        """The entries of a role: its `arn`, `account_id`, `trust_before` and `trust_after`. `keys`: what is known of
        the requests.
        """
        before, after = (Policy.read("trust policy", role[name], "trust") for name in ("trust_before", "trust_after"))
        spots, account = (Spot(role["arn"]),), role["account_id"]
        named = list(_named(before, role["arn"], self._after.management_account))
        if before == after and all(self._before.over(who, account) == self._after.over(who, account) for who in named):
            return []
        entries = []
        for who in named:
            compared = self._compared(who, account, before, after)
            for name in (who, *(_narrowed(who, compared.documents) if FRESH in who else ())):
                each = compared if name == who else self._compared(name, account, before, after)
                entries += [
                    Entry(name.replace(FRESH, "*"), action, each.loss(action, keys, spots))
                    for action in ENTRIES
                    if each.was_possible(action, spots)
                ]
        return entries

    def _compared(self, who: str, account: str, before: Policy, after: Policy) -> Comparison:
        return Comparison(
            self._before.situation(who, account, before),
            self._after.situation(who, account, after),
        )


def _named(trust: Policy, role_arn: str, management_account: str) -> Iterator[str]:
    """One caller for each principal that the trust policy names: a role stands for an account; two, one of them in the
    organization, for anyone.
    """
    partition = role_arn.split(":")[1]
    statements = trust.document.statements if trust.document else ()
    for _, value in dict.fromkeys(pair for statement in statements for pair in statement.principals or (("*", "*"),)):
        if value == "*" or is_whole_account(value):
            for account in (SOMEONE_ELSE, management_account) if value == "*" else (account_of(value),):
                yield f"arn:{partition}:iam::{account}:role/{FRESH}"
        else:
            yield value


def _narrowed(who: str, documents: frozenset[Document]) -> Iterator[str]:
    """The principals of the caller's account that conditions name."""
    conditions = [
        condition for each in documents for statement in each.statements for condition in statement.conditions
    ]
    prefix = who.partition("role/")[0]
    arns = {common_text(value, prefix + "*", FRESH) for value in values_of(conditions, "aws:principalarn")}
    yield from sorted(arn for arn in arns - {who} if arn and caller(arn).kind in ("user", "role"))
