"""How many accounts could not be read on a night: what turns its exit code."""

from __future__ import annotations

import duckdb

from pipeline import collectors, raw
from pipeline.night import Night

UNREAD = """
with failed as (
    select account_id, exists(
        from raw_register as gaps
        where gaps.kind = 'accepted_gap' and gaps.expires_on >= $as_of
            and extracts.account_id = coalesce(gaps.account_id, extracts.account_id)
            and extracts.operation = coalesce(gaps.operation, extracts.operation)
            and extracts.dataset = coalesce(gaps.dataset, extracts.dataset)
    ) as is_accepted
    from raw_extracts as extracts
    inner join raw_accounts as accounts using (account_id)
    where extracts.status = 'failed' and accounts.state = 'ACTIVE' and accounts.is_in_scope
)
select count(distinct account_id) filter (not is_accepted), count(distinct account_id) from failed
"""
"""Accounts that could not be read fully: without those whose gaps the register accepts (as in the table `coverage`)."""


def unread_accounts(night: Night) -> tuple[int, int]:
    """The number of accounts in scope with a dataset that could not be read that night: in all that the register does
    not accept, and in those where it accepts every gap.
    """
    with duckdb.connect() as con:
        raw.attach(con, night, collectors.datasets().values())
        unread, total = con.execute(UNREAD, {"as_of": night.as_of}).fetchone() or (0, 0)
    return int(unread), int(total - unread)
