"""What would break: actions and services that principals used, evaluated before and after the change.

Principals with the same policies before, and the same after, are evaluated once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.facts._batches import queried
from pipeline.facts._principals import QUERIES, PrincipalFactory, principals
from pipeline.policy import Evidence
from pipeline.policy import actions as catalogue
from pipeline.policy.principal import FRESH
from pipeline.rehearse.losses import Certainty, Comparison, Loss, Situation
from pipeline.rehearse.session import Session
from pipeline.rows import rows, stream
from pipeline.schema import Row

# The change is all that differs: a group has the same policies before, and after, and the same RCPs over its account.
TOUCHED = """
    create or replace temp table touched as
    select
        later.principal_arn,
        later.account_id,
        earlier.permissions_sha256 as before_sha256,
        later.permissions_sha256 as after_sha256,
        rcps_before.levels_sha256 as rcps_before,
        rcps_after.levels_sha256 as rcps_after,
        min(later.principal_arn) over (
            partition by before_sha256, after_sha256, rcps_before, rcps_after,
                if({by_account}, later.account_id, null)
        ) as alike
    from int_permissions as later
    inner join warehouse.main.int_permissions as earlier using (principal_arn)
    left join int_control_levels as rcps_after
        on later.account_id = rcps_after.account_id and rcps_after.policy_type = 'RESOURCE_CONTROL_POLICY'
    left join warehouse.main.int_control_levels as rcps_before
        on later.account_id = rcps_before.account_id and rcps_before.policy_type = 'RESOURCE_CONTROL_POLICY'
    where not later.is_service_linked and (before_sha256 <> after_sha256 or rcps_before is distinct from rcps_after)"""
ALIKE = "(select distinct alike as principal_arn from temp.touched)"
RCPS = """
    select principal_arn, rcps_before as before, rcps_after as after
    from temp.touched semi join {} using (principal_arn)"""
USED = """
    select touched.principal_arn, touched.account_id, touched.alike, used.service, used.action,
        used.last_accessed_at as last_used,
        if(
            services.last_accessed_at = used.last_accessed_at, services.last_accessed_region, null
        ) as region,
        people.owner,
        bool_or(used.action is not null) over (partition by touched.principal_arn, used.service) as has_actions
    from temp.touched as touched
    inner join (
        select arn, service, action, last_accessed_at, unused_days from stg_action_usage
        union all
        select arn, service, null, last_accessed_at, unused_days from stg_service_usage
    ) as used on touched.principal_arn = used.arn
    left join stg_service_usage as services on used.arn = services.arn and used.service = services.service
    left join int_principals as people on touched.principal_arn = people.arn
    where used.unused_days <= $days
    order by touched.account_id, touched.principal_arn, used.service, used.action"""
UNREAD = """
    select touched.account_id, touched.principal_arn,
        coalesce(extracts.operation, 'iam:GenerateServiceLastAccessedDetails') as call,
        extracts.error_class,
        coalesce(reads.message, extracts.message, 'no report on its use was read') as message
    from temp.touched as touched
    left join warehouse.main.stg_usage_reads as reads on touched.principal_arn = reads.arn
    left join raw_extracts as extracts
        on touched.account_id = extracts.account_id and extracts.dataset = 'service_last_accessed'
            and extracts.status <> 'ok'
    where not coalesce(reads.is_complete, false)
    order by all"""
ACCOUNTS_UNREAD = """
    select accounts.account_id, null as principal_arn,
        any_value(coalesce(extracts.operation, 'iam:GetAccountAuthorizationDetails')) as call,
        any_value(extracts.error_class) as error_class,
        any_value(coalesce(extracts.message, 'the account was not collected')) as message
    from (select unnest($accounts) as account_id) as accounts
    left join raw_extracts as extracts on accounts.account_id = extracts.account_id and extracts.dataset = 'roles'
    where extracts.status is distinct from 'ok'
    group by accounts.account_id
    order by accounts.account_id"""


@dataclass(frozen=True)
class Break:
    """Something used that is newly denied. `basis`: action or service, whichever AWS tells the use of, or event; of a
    service, `lost` are the actions that are newly denied. `region`: where it was last used, if known. Of an event,
    `events` is how many there were, and `resource` on what, if that was recorded.
    """

    principal_arn: str
    account_id: str
    owner: str | None
    action: str
    basis: str
    last_used: datetime
    region: str | None
    certainty: Certainty
    depends_on: tuple[str, ...]
    reason: str
    statement: Evidence | None
    lost: tuple[str, ...] = field(default=())
    resource: str = ""
    events: int = 0


WHICH = "which of its actions were used"


class Breaks:
    """The principals that a change touches, and what each of them used within some days."""

    def __init__(self, session: Session, account_ids: tuple[str, ...], days: int, texts: list[str]) -> None:
        self._session, self._days, self._accounts = session, days, account_ids
        self._services: dict[tuple[str, str, str, bool], tuple[Loss, tuple[str, ...]] | None] = {}
        by_account = any(re.search(r"\d{12}", text) for text in texts)
        session.con.execute(TOUCHED.format(by_account=str(by_account).lower()))
        self.comparisons = self.compared()
        self._tracked = {row["action"].lower() for row in rows(session.con, "select action from stg_tracked_actions")}

    def of(self, principal_arn: str) -> Comparison | None:
        """The comparison of a principal; None if the change does not touch it."""
        query = "select alike from temp.touched where principal_arn = $arn"
        return next((self.comparisons[row["alike"]] for row in rows(self._session.con, query, arn=principal_arn)), None)

    @property
    def count(self) -> int:
        """How many principals the change touches."""
        return int(rows(self._session.con, "select count(*) as n from temp.touched")[0]["n"])

    def compared(self, names: str = ALIKE) -> dict[str, Comparison]:
        """A comparison for each touched principal in `names`: by default one of each group that stands for it."""
        rcps = rows(self._session.con, RCPS.format(names))
        with self._session.before():
            before = self._situations(names, {row["principal_arn"]: row["before"] for row in rcps})
        after = self._situations(names, {row["principal_arn"]: row["after"] for row in rcps})
        return {arn: Comparison(before[arn], after[arn]) for arn in after}

    def _situations(self, names: str, rcps: dict[str, str | None]) -> dict[str, Situation]:
        with queried(self._session.con, QUERIES | {"chosen": principals(names)}) as tables:
            factory = PrincipalFactory(tables)
            return {
                row["principal_arn"]: Situation(
                    factory.in_place(row), factory.levels("RESOURCE_CONTROL_POLICY", rcps[row["principal_arn"]])
                )
                for row in tables["chosen"]
            }

    def all(self) -> Iterator[Break]:
        """What would break, by account, principal and action."""
        for row in stream(self._session.con, USED, days=self._days):
            found = self._of_action(row) if row["action"] else self._of_service(row)
            if found:
                yield found

    def unread(self) -> list[Row]:
        """Principals, and accounts, of which it is not known what they used: the call that failed, and why."""
        con = self._session.con
        whole = rows(con, ACCOUNTS_UNREAD, accounts=list(self._accounts))
        dark = {row["account_id"] for row in whole}
        return whole + [row for row in rows(con, UNREAD) if row["account_id"] not in dark]

    def _of_action(self, row: Row) -> Break | None:
        comparison = self.comparisons[row["alike"]]
        loss = in_region(comparison, row["action"], row["region"])
        return _made(row, row["action"], "action", loss) if loss else None

    def _of_service(self, row: Row) -> Break | None:
        """Uses of a service, as far as they can be of actions that AWS does not track."""
        comparison = self.comparisons[row["alike"]]
        region = (row["region"] or "") if comparison.asks_for_region else ""
        key = (row["alike"], row["service"], region, row["has_actions"])
        if key not in self._services:
            self._services[key] = self._service(comparison, *key[1:])
        found = self._services[key]
        return _made(row, f"{row['service']}:*", "service", found[0], found[1]) if found else None

    def _service(
        self, comparison: Comparison, service: str, region: str, has_actions: bool
    ) -> tuple[Loss, tuple[str, ...]] | None:
        names = catalogue.expand(f"{service}:*") or (f"{service}:{FRESH}",)
        untracked = [name for name in names if name.lower() not in self._tracked]
        losses = {name: loss for name in untracked if (loss := in_region(comparison, name, region))}
        if not losses:
            return None
        certain = [loss for loss in losses.values() if loss.certainty == "certain"]
        first = next(iter(certain), next(iter(losses.values())))
        kept = len(certain) < len(losses) or any(
            comparison.was_possible(name) for name in untracked if name not in losses
        )
        if not kept and not has_actions:
            return first, tuple(losses)
        keys = {key for loss in losses.values() for key in loss.keys} | {WHICH}
        return Loss("conditional", tuple(sorted(keys)), first.reason, first.statement), tuple(losses)


def in_region(comparison: Comparison, action: str, region: str | None) -> Loss | None:
    """How the action is newly denied: for certain if it is in the Region of its last use, else in any."""
    if region and comparison.asks_for_region:
        there = comparison.loss(action, {"aws:RequestedRegion": region})
        if there and there.certainty == "certain":
            return there
    return comparison.loss(action)


def _made(row: Row, action: str, basis: str, loss: Loss, lost: tuple[str, ...] = ()) -> Break:
    return Break(
        row["principal_arn"],
        row["account_id"],
        row["owner"],
        action,
        basis,
        row["last_used"],
        row["region"],
        loss.certainty,
        loss.keys,
        loss.reason,
        loss.statement,
        lost,
    )
