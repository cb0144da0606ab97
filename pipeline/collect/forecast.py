"""What a night would read and cost: the accounts in scope, and calls by service, before it is read."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass

import duckdb

from pipeline import collectors, landing
from pipeline.collect.run import connected, read_roll
from pipeline.collectors.organization_tree import ACCOUNTS
from pipeline.night import Night
from pipeline.rows import rows
from pipeline.schema import LEDGER, Row, Scope
from pipeline.settings import Settings
from pipeline.text import plural

SECONDS_PER_CALL = 0.1
"""Assumed for a night that nothing is known of: an answer of AWS, a page of it included."""


COUNTED = """
select operation, sum(attempts) as attempts, sum(seconds) as seconds, count(distinct account_id) as accounts
from ledger group by operation
"""


@dataclass(frozen=True)
class Forecast:
    """A sentence, and the calls by service, the most first."""

    sentence: str
    calls: list[tuple[str, int]]


def forecast(settings: Settings, night: Night) -> Forecast:
    """Read the organization's roll and estimate the night. Raises `Refused` as a run would.

    The calls are those of the newest landed night, in proportion to the accounts; without one, the fewest possible: one
    of each operation in each Region.
    """
    with closing(connected(settings, night)) as cloud:
        roll = read_roll(settings, cloud)
        regions = settings.regions or cloud.regions(roll.caller.partition)
    landed = [earlier for earlier in landing.nights(night.home) if earlier <= night]
    last, accounts, total = (landed[-1] if landed else None), len(roll.active), len(roll.accounts)
    calls, seconds = measured(last, accounts) if last else fewest(accounts, len(regions))
    source = f"as on {last}" if last else "at the fewest: nothing has landed to estimate from"
    minutes = calls.total() * seconds / settings.concurrency / 60
    sentence = (
        f"{accounts} of {plural(total, 'account')} would be read ({total - accounts} out of scope or not ACTIVE), in "
        f"{plural(len(regions), 'Region')} at most, {settings.concurrency} at a time: some {calls.total():,} calls, "
        f"{minutes:.0f} minutes, {source}."
    )
    return Forecast(sentence + (joined(last, roll.accounts) if last else ""), calls.most_common())


def joined(last: Night, accounts: list[Row]) -> str:
    """Accounts that were not in the organization on the last night."""
    known = {row["account_id"] for row in landing.read(last, ACCOUNTS).to_pylist()}
    new = sorted({account["account_id"] for account in accounts} - known)
    return f" New since then: {', '.join(new)}." if new else ""


def measured(night: Night, accounts: int) -> tuple[Counter[str], float]:
    """Calls by service for so many accounts, and seconds a call, in proportion to a night's ledger.

    What was asked in one account only is asked once, whatever the number of accounts.
    """
    with duckdb.connect() as con:
        con.register("ledger", landing.read(night, LEDGER))
        asked = rows(con, COUNTED)
    read = max((row["accounts"] for row in asked), default=1)
    calls: Counter[str] = Counter()
    for row in asked:
        share = 1 if row["accounts"] == 1 else accounts / read
        calls[row["operation"].split(":")[0]] += round(row["attempts"] * share)
    attempts = sum(row["attempts"] for row in asked)
    return calls, float(sum(row["seconds"] for row in asked) / attempts) if attempts else 0.0


def fewest(accounts: int, regions: int) -> tuple[Counter[str], float]:
    """One call of each operation in every account and Region."""
    scopes: dict[Scope, int] = {"organization": 1, "account": accounts, "region": accounts * regions}
    calls: Counter[str] = Counter()
    for scope, times in scopes.items():
        for operation in collectors.operations(scope):
            calls[operation.split(":")[0]] += times
    return calls, SECONDS_PER_CALL
