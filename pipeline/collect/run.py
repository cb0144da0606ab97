"""Collects a night: `plan` reads the organization, `collect_shard` a share of its accounts, `commit` lands the night.

The steps exchange plain values, so that shards can run in one process or on many machines that share the home folder.
A shard can be repeated; a run that is not committed leaves the night unchanged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from uuid import uuid4

from pipeline import collectors, landing
from pipeline.aws.advice import advice
from pipeline.aws.failures import CallFailed
from pipeline.aws.permissions import management_only, session_policy
from pipeline.aws.session import Cloud
from pipeline.aws.visit import Caller, Visit, sign_in
from pipeline.collect import register, scope
from pipeline.collect.carried_over import carry_over, check_current
from pipeline.collect.closed_regions import closed_regions
from pipeline.collect.memory import Memory
from pipeline.collect.reading import Reading
from pipeline.collectors.organization_tree import ACCOUNTS
from pipeline.night import Night
from pipeline.schema import LEDGER, REGISTER, Row
from pipeline.settings import Refused, Settings


@dataclass(frozen=True)
class Plan:
    """What a run will read. `shards` holds the ids of the ACTIVE accounts in scope, split evenly.

    `carried_over` are accounts that the settings leave out and the night holds already: they stay as they were read.
    """

    run_id: str
    as_of: date
    caller_account_id: str
    management_account_id: str
    shards: tuple[tuple[str, ...], ...]
    carried_over: tuple[str, ...] = ()

    @property
    def accounts(self) -> int:
        return sum(len(shard) for shard in self.shards)

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"as_of": self.as_of.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> Plan:
        found = json.loads(text)
        found["shards"] = tuple(tuple(shard) for shard in found["shards"])
        found["carried_over"] = tuple(found["carried_over"])
        return cls(**found | {"as_of": date.fromisoformat(found["as_of"])})


@dataclass(frozen=True)
class ShardResult:
    """Result of a shard: its accounts, those that could not be read fully, and rows by dataset."""

    index: int
    accounts: int
    failed_accounts: tuple[str, ...]
    rows: dict[str, int]


@dataclass(frozen=True)
class OrganizationRead:
    """Progress: the organization is read; so many of its accounts will be, and others stay as the night has them."""

    accounts: int
    planned: int
    carried_over: int = 0


@dataclass(frozen=True)
class AccountRead:
    """Progress: an account was read. `failed` are the datasets that could not be read, `reason` the first failure."""

    account_id: str
    failed: tuple[str, ...]
    reason: str | None


STATES = ("PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED")
NOT_READ = tuple(state for state in STATES if state != "ACTIVE")
"""An account in a state unknown to this version is expected and unknown, never absent."""

Progress = Callable[[OrganizationRead | AccountRead], None]


def quiet(event: OrganizationRead | AccountRead) -> None:
    """Ignore progress."""


@dataclass(frozen=True)
class Roll:
    """The accounts of the organization, those that the settings choose, and of these the ACTIVE ones, sorted.

    `reading` has read as much of the organization as this took, on `visit`.
    """

    caller: Caller
    management_account_id: str
    organization_id: str | None
    """None for an account in no organization."""
    accounts: list[Row]
    chosen: set[str]
    active: list[str]
    reading: Reading
    visit: Visit


def read_roll(settings: Settings, cloud: Cloud) -> Roll:
    """Sign in and read the roll. Raises `Refused` if that fails, or if no ACTIVE account is left to read."""
    visit = Visit(cloud, "")
    try:
        visit.caller = caller = sign_in(visit)
        visit.is_of_organization = True
        reading = Reading(visit, ("organization",))
        organization = reading.rows("organization")[0]
        visit.account_id = management_id = organization["management_account_id"]
        accounts = reading.rows("accounts")
    except CallFailed as failed:
        raise refusal(failed, cloud) from failed
    roots, units = reading.rows("organization_roots"), reading.rows("organizational_units")
    chosen = scope.select(settings, roots, units, accounts)
    active = sorted(a["account_id"] for a in accounts if a["account_id"] in chosen and a["state"] not in NOT_READ)
    if not active:
        raise Refused(f"{cloud.where}: the settings leave no ACTIVE account to read; see include_ and exclude_")
    return Roll(caller, management_id, organization["organization_id"], accounts, chosen, active, reading, visit)


def plan(settings: Settings, night: Night, progress: Progress = quiet) -> Plan:
    """Read the organization and land it in a new run's folder. Raises `Refused` if nothing can be read."""
    entries, started = register.load(settings), time.time()
    with closing(connected(settings, night)) as cloud:
        cloud.ends = _ends(settings, started)
        roll = read_roll(settings, cloud)
        if roll.organization_id is None:
            check_never_of_organization(night, roll.management_account_id)
        kept = scope.carried_over(night, roll.chosen, roll.accounts)
        if kept:
            check_current(night, collectors.datasets().values())
        for account in roll.accounts:
            account["is_in_scope"] = account["account_id"] in roll.chosen.union(kept)
        tables = roll.reading.read_all()
        noted = {
            "started": started,
            "states": {a["account_id"]: a["state"] for a in roll.accounts if a["state"] not in STATES},
            "closed_regions": closed_regions(roll.reading.rows_of, cloud.regions, settings),
        }
    active = roll.active
    shards = tuple(tuple(active[n :: settings.shards]) for n in range(min(settings.shards, len(active))))
    made = Plan(uuid4().hex[:12], night.as_of, roll.caller.account_id, roll.management_account_id, shards, kept)
    folder = landing.begin(night, made.run_id)
    with landing.Part(folder, "organization") as part:
        part.add(roll.management_account_id, tables | {REGISTER.name: REGISTER.table(entries)})
    landing.note(folder, "accounts", json.dumps(noted))
    landing.note(folder, "plan", made.to_json())
    progress(OrganizationRead(len(roll.accounts), len(active), len(kept)))
    return made


def collect_shard(settings: Settings, plan: Plan, index: int, progress: Progress = quiet) -> ShardResult:
    """Read one shard's accounts concurrently into the run's folder. Raises `Refused` if the run no longer exists."""
    night = Night(settings.home, plan.as_of)
    folder = night.run_folder(plan.run_id)
    if landing.noted(folder, "plan") != plan.to_json():
        raise Refused(f"{folder}: this run is not there any more; another took its place, or it is committed")
    name, failed_accounts = f"shard-{index:04}", []
    noted = json.loads(landing.noted(folder, "accounts") or "{}")
    with closing(connected(settings, night, len(plan.shards))) as cloud, landing.Part(folder, name) as part:
        caller = _same_caller(cloud, plan)
        cloud.ends = _ends(settings, noted.get("started", time.time()))

        def read(account_id: str) -> AccountRead:
            visit = Visit(cloud, account_id, caller, settings.account_timeout_minutes * 60)
            visit.closed_regions = frozenset(noted.get("closed_regions", {}).get(account_id, ()))
            reading = Reading(visit, ("account", "region"), noted.get("states", {}).get(account_id))
            part.add(account_id, reading.read_all())
            return AccountRead(account_id, tuple(reading.failures), next(map(str, reading.failures.values()), None))

        pool = ThreadPoolExecutor(settings.concurrency)
        try:
            for future in as_completed([pool.submit(read, account_id) for account_id in plan.shards[index]]):
                done = future.result()
                failed_accounts += [done.account_id] if done.failed else []
                progress(done)
        finally:
            pool.shutdown(cancel_futures=True)
    result = ShardResult(index, len(plan.shards[index]), tuple(sorted(failed_accounts)), part.rows)
    landing.note(folder, name, json.dumps(asdict(result)))
    return result


def check_never_of_organization(night: Night, account_id: str) -> None:
    """Raise `Refused` for an account in no organization where the last night was one of an organization."""
    others: set[str] = set()
    for earlier in landing.nights(night.home)[-1:]:
        others = {row["account_id"] for row in landing.read(earlier, ACCOUNTS).to_pylist()} - {account_id}
    if others:
        raise Refused(
            f"{night.home}: its nights are of an organization, and account {account_id} is in none; "
            "use the credentials of the management account, or name another --home"
        )


def reader_operations() -> set[str]:
    """What the reader role is asked: all of an account, and what only the management account may ask."""
    return collectors.operations("account", "region") | (management_only() & collectors.operations("organization"))


def connected(settings: Settings, night: Night, workers: int = 1) -> Cloud:
    """A worker's connection, whose role sessions are narrowed to what the collectors read if the settings say so."""
    cloud = Cloud(settings, workers, Memory(night))
    if settings.narrow_sessions:
        cloud.session_policy = session_policy(reader_operations())
    return cloud


def _same_caller(cloud: Cloud, plan: Plan) -> Caller:
    """The worker's identity. Raises `Refused` if its account is not the one that read the organization."""
    try:
        caller = sign_in(Visit(cloud, ""))
    except CallFailed as failed:
        raise refusal(failed, cloud) from failed
    if caller.account_id != plan.caller_account_id:
        raise Refused(
            f"{cloud.where}: the credentials are of account {caller.account_id}, but the organization was read with "
            f"credentials of {plan.caller_account_id}; run every shard with the same"
        )
    return caller


def commit(settings: Settings, plan: Plan) -> dict[str, int]:
    """Make the run the night, replacing the existing one. Returns the rows of each dataset.

    Raises `Refused` if a shard is missing. Committing twice has no further effect.
    """
    night = Night(settings.home, plan.as_of)
    if landing.noted(night.landing_folder, "plan") == plan.to_json():
        return landing.counts(night)
    folder = night.run_folder(plan.run_id)
    if landing.noted(folder, "plan") != plan.to_json():
        raise Refused(f"{folder}: this run is not there any more; another took its place: start over")
    missing = [n for n in range(len(plan.shards)) if landing.noted(folder, f"shard-{n:04}") is None]
    if missing:
        of = f"{len(missing)} of {len(plan.shards)} shards"
        raise Refused(f"{folder}: {of} are not collected (first: {missing[0]}); collect them, then commit")
    if plan.carried_over:
        carry_over(night, folder, plan.carried_over, collectors.datasets().values())
    landing.rewrite(folder / LEDGER.name, LEDGER, ONE_ROW_A_CALL)
    return landing.commit(night, plan.run_id)


ONE_ROW_A_CALL = """
select account_id, region, operation, min(status) as status,
    any_value(error_class order by status) as error_class, any_value(error_code order by status) as error_code,
    any_value(message order by status) as message,
    sum(calls)::bigint as calls, sum(attempts)::bigint as attempts, sum(rows)::bigint as rows,
    sum(seconds) as seconds, max(data_time) as data_time
from rows group by account_id, region, operation order by account_id, region, operation
"""
"""The management account is read twice, for the organization and for itself: calls made both times become one row."""


def refusal(failed: CallFailed, cloud: Cloud) -> Refused:
    """One sentence on why nothing can be read, and what to do about it."""
    problem = f"{failed.operation or 'reading the organization'}: {failed.message.rstrip('.')}"
    denied = "run with credentials of the management or a delegated administrator account that may call it"
    otherwise = f"it failed for good ({failed.error_class}); start over, or see the ledger classes in the docs"
    helps = advice(failed.operation, failed.error_class, otherwise, denied)
    return Refused(f"{cloud.where}: {problem}; {helps}")


def _ends(settings: Settings, started: float) -> float:
    """The night's deadline, on the clock of `time.monotonic`, counted from the plan for all workers."""
    return time.monotonic() + settings.night_timeout_hours * 3600 - max(0.0, time.time() - started)
