"""What changed between two nights: an account that is no longer judged has put nothing right."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from pipeline.warehouse import history, models
from pipeline.warehouse.store import variables

SQL = models.load().models["changes"].sql
NIGHT = date(2026, 11, 20)
KEPT, BACK, LEFT, CLOSED, OUT, JOINED = "kept", "back", "left", "closed", "out", "joined"

NONE = ", ".join(f"null as {name}" for name in history.MEASURED)


def judge(con: duckdb.DuckDBPyConnection, as_of: date, verdicts: dict[str, dict[str, str]]) -> None:
    """Put a night into the history: verdicts by account and resource."""
    rows = [(account, name, verdict) for account, found in verdicts.items() for name, verdict in found.items()]
    con.execute("create or replace temp table found (account_id varchar, resource varchar, verdict varchar)")
    con.executemany("insert into found values (?, ?, ?)", rows)
    con.execute(
        "create or replace temp table judgements as "
        "select 'c' as control_id, account_id, 'global' as region, resource, verdict, 'why' as reason from found"
    )
    con.execute(
        "create or replace temp table measures as select 'account' as scope, account_id as key, 0 as pass, 0 as fail, "
        f"0.0 as pass_rate, 0.0 as coverage, {NONE} from judgements group by account_id"
    )
    history.record_spans(con, as_of)
    history.record_nights(con, as_of)
    history.record_measures(con, as_of)


def test_changes_tell_what_was_put_right_from_what_is_no_longer_looked_at() -> None:
    con = duckdb.connect()
    history.prepare(con)
    con.execute(
        """
        create table control_catalog as select 'c' as control_id, 1 as practice, 'high' as severity;
        create table int_accounts as from (values
            ('kept', 'ACTIVE'), ('back', 'ACTIVE'), ('closed', 'SUSPENDED'), ('out', 'ACTIVE'), ('joined', 'ACTIVE'))
            as accounts(account_id, state)
        """
    )
    both = {"a": "fail", "b": "fail"}
    judge(con, NIGHT - timedelta(days=2), {KEPT: both, BACK: {"a": "fail"}})
    judge(con, NIGHT - timedelta(days=1), dict.fromkeys((KEPT, LEFT, CLOSED, OUT), both | {"c": "pass"}))
    judge(con, NIGHT, {KEPT: {"a": "pass", "c": "fail"}, BACK: {"a": "fail", "b": "pass"}, JOINED: {"a": "fail"}})
    with variables(con, {"as_of": NIGHT}):
        query = f"select account_id, resource, change, reason from ({SQL}) where since = 'the night before'"
        found = {(account, name): (change, why) for account, name, change, why in con.execute(query).fetchall()}
    assert found == {
        (KEPT, "a"): ("fixed", "why"),
        (KEPT, "b"): ("gone", None),
        (KEPT, "c"): ("new fail", "why"),
        (BACK, "a"): ("judged again", "why"),
        (JOINED, "a"): ("new fail", "why"),
        (LEFT, "a"): ("no longer judged", "The account is no longer in the organization."),
        (LEFT, "b"): ("no longer judged", "The account is no longer in the organization."),
        (CLOSED, "a"): ("no longer judged", "The account is SUSPENDED."),
        (CLOSED, "b"): ("no longer judged", "The account is SUSPENDED."),
        (OUT, "a"): ("no longer judged", "The settings leave the account out."),
        (OUT, "b"): ("no longer judged", "The settings leave the account out."),
    }
