"""Examines whether a night could be read: identity, organization, the reader role, its permissions, and disk.

Nothing is landed. Each check is a sentence with advice, and failures with one cause are one check.
"""

from __future__ import annotations

import random
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Literal

from pipeline import state
from pipeline.aws.advice import advice
from pipeline.aws.failures import ASSUME_ROLE, CallFailed
from pipeline.aws.permissions import actions
from pipeline.aws.session import GLOBAL, Cloud
from pipeline.aws.visit import GET_CALLER_IDENTITY, Visit
from pipeline.collect import register
from pipeline.collect.reading import Reading
from pipeline.collect.run import Roll, connected, read_roll
from pipeline.night import Night
from pipeline.settings import Refused, Settings
from pipeline.text import plural

ENOUGH_DISK = 2 * 1024**3
MOST_CLOCK_SECONDS = 60
SUMMARY = "iam:GetAccountSummary"
MOST_NAMED = 3

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Check:
    """What was examined, its state, a sentence, and what to do."""

    name: str
    state: State
    detail: str
    advice: str = ""


def examine(settings: Settings, night: Night, sample: int) -> Iterator[Check]:
    """Every check, in order; `sample` accounts, chosen at random, are tried (0: all)."""
    yield from local(settings)
    try:
        with closing(connected(settings, night)) as cloud:
            roll = read_roll(settings, cloud)
            yield identity(roll)
            yield clock(roll)
            yield from regions(settings, cloud, roll)
            yield from organization(roll)
            good: list[str] = []
            yield from accounts(cloud, roll, sample, good, accepted(settings, night))
            if good:
                yield from permissions(cloud, roll, good[0])
    except Refused as refused:
        yield Check("AWS", "failed", str(refused))


def local(settings: Settings) -> Iterator[Check]:
    """The home, the register and the disk."""
    try:
        state.check(settings.home)
    except Refused as refused:
        yield Check("home", "failed", str(refused))
    try:
        entries = register.load(settings)
        yield Check("register", "ok", f"{settings.exceptions_file}: {plural(len(entries), 'entry', 'entries')}")
    except Refused as refused:
        yield Check("register", "failed", str(refused))
    place = next(folder for folder in (settings.home.resolve(), *settings.home.resolve().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / 1024**3:.1f} GiB free at {place}"
    yield Check("disk", "ok" if free >= ENOUGH_DISK else "warning", text, "" if free >= ENOUGH_DISK else "make room")


def identity(roll: Roll) -> Check:
    kind = "the management account" if roll.caller.account_id == roll.management_account_id else "a member account"
    return Check("identity", "ok", f"{roll.caller.arn}, in {kind}")


def clock(roll: Roll) -> Check:
    """This machine's clock, against the time in AWS's answer."""
    told = [call.data_time for call in roll.visit.ledger() if call.operation == GET_CALLER_IDENTITY and call.data_time]
    if not told:
        return Check("clock", "warning", "AWS's answer has no time to compare with")
    seconds = abs((datetime.now(UTC).replace(tzinfo=None) - told[0]).total_seconds())
    if seconds <= MOST_CLOCK_SECONDS:
        return Check("clock", "ok", "agrees with AWS")
    return Check("clock", "warning", f"differs from AWS's by {seconds:.0f} s", advice("", "clock_skew", ""))


def regions(settings: Settings, cloud: Cloud, roll: Roll) -> Iterator[Check]:
    """Regions of the settings that botocore's list does not have: a slip, or newer than the list."""
    partition = roll.caller.partition
    known = cloud.regions(partition)
    for region in settings.regions:
        if region not in known:
            near = get_close_matches(region, known, 1)
            helps = f"write {near[0]}, if that is meant" if near else "correct regions"
            detail = f"regions: {region} is not among the {len(known)} Regions of {partition} known to botocore"
            yield Check("regions", "warning", detail, f"{helps}; a Region newer than that is read all the same")


def organization(roll: Roll) -> Iterator[Check]:
    """What cannot be read of the organization."""
    roll.reading.read_all()
    total = len(roll.accounts)
    yield Check("organization", "ok", f"{plural(total, 'account')}, {len(roll.active)} of them ACTIVE and in scope")
    yield from grouped("organization", roll.reading.failures, "these credentials")


def accepted(settings: Settings, night: Night) -> set[str | None]:
    """Accounts of which the register accepts that they cannot be read at all."""
    try:
        entries = register.load(settings)
    except Refused:
        return set()
    return {
        row["account_id"]
        for row in entries
        if row["kind"] == "accepted_gap" and row["expires_on"] >= night.as_of and not row["dataset"]
        if row["operation"] in (None, ASSUME_ROLE)
    }


def accounts(
    cloud: Cloud, roll: Roll, sample: int, good: list[str], gaps: Set[str | None] = frozenset()
) -> Iterator[Check]:
    """Whether the role can be assumed in each account, and IAM read; `good` receives the accounts where both work.

    `gaps` are the accounts whose failure is accepted; None stands for every account.
    """
    others = [account for account in roll.active if account != roll.caller.account_id] or roll.active
    tried = sorted(random.sample(others, sample)) if 0 < sample < len(others) else others

    def ask(account_id: str) -> CallFailed | None:
        try:
            Visit(cloud, account_id, roll.caller).send(SUMMARY, GLOBAL, {})
        except CallFailed as failed:
            return failed
        return None

    with ThreadPoolExecutor(cloud.settings.concurrency) as pool:
        outcomes = dict(zip(tried, pool.map(ask, tried), strict=True))
    good += [account_id for account_id, failed in outcomes.items() if failed is None]
    causes: dict[tuple[str, str], list[str]] = defaultdict(list)
    messages = {}
    for account_id, failed in outcomes.items():
        if failed:
            cause = (failed.operation, failed.error_class)
            causes[cause].append(account_id)
            messages[cause] = failed.message
    role, count = cloud.settings.role_name, f"{len(good)} of {plural(len(tried), 'account')}"
    yield Check("reader role", "ok" if good else "failed", f"{role} answers in {count} tried")
    for (operation, error_class), where in causes.items():
        problem = (
            f"{operation} failed in {len(where)} of {len(tried)} ({named(where)}): {messages[operation, error_class]}"
        )
        if None in gaps or gaps >= set(where):
            yield Check("reader role", "ok", f"{problem}; the register accepts it")
        else:
            helps = advice(operation, error_class, f"see the class {error_class}")
            yield Check("reader role", "failed", problem, helps)


def permissions(cloud: Cloud, roll: Roll, account_id: str) -> Iterator[Check]:
    """One account read as a night would read it: what is denied or does not answer."""
    reading = Reading(Visit(cloud, account_id, roll.caller), ("account", "region"))
    reading.read_all()
    read = len(reading.failures)
    yield Check("permissions", "ok", f"account {account_id} read; {plural(read, 'dataset')} could not be")
    yield from grouped("permissions", reading.failures, "the reader role")


def grouped(name: str, failures: dict[str, CallFailed], whose: str) -> Iterator[Check]:
    """A check for each operation that failed, with the IAM action to allow."""
    datasets: dict[tuple[str, str], list[str]] = defaultdict(list)
    messages = {}
    for dataset, failed in failures.items():
        datasets[failed.operation, failed.error_class].append(dataset)
        messages[failed.operation, failed.error_class] = failed.message
    for (operation, error_class), names in datasets.items():
        helps = advice(operation, error_class, f"see the class {error_class}")
        if error_class == "iam_deny":
            helps = f"allow {' and '.join(actions(operation))} for {whose}"
        detail = f"{operation or 'a collector'} failed ({error_class}), so {named(names)} cannot be read"
        yield Check(name, "failed", f"{detail}: {messages[operation, error_class]}", helps)


def named(names: Iterable[str]) -> str:
    """`a, b, c and 4 more`."""
    listed = list(names)
    more = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
    return ", ".join(listed[:MOST_NAMED]) + more
