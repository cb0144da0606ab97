"""Invariants of a judged night, checked before it is published, independent of bugs in the engine.

Each invariant is a query for violating rows, run in the transaction that wrote them. DuckDB 2.0.0 omitted rows from
joins in that situation, and a night was published without findings. So counts are also compared by `count(*)`, which
reads a table differently from a join.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import duckdb

from pipeline.rows import rows
from pipeline.settings import Refused

KEY = "control_id, account_id, region, resource"
VERDICTS = ("pass", "fail", "exempt", "not_applicable", "unknown", "manual")
BY_VERDICT = ", ".join(f"count(*) filter (verdict = '{verdict}') as {verdict}" for verdict in VERDICTS)
SUMS = ", ".join(f"coalesce(sum({verdict}), 0)::bigint as {verdict}" for verdict in VERDICTS)
COUNTED = "pass + fail + exempt + not_applicable + unknown + manual > 0"
SCORED = {"control_id": "scores_by_control", "account_id": "scores_by_account", "practice": "scores_by_practice"}


class Broken(Refused):
    """A night contradicts itself. It is held back, and the published night stays."""

    def __init__(self, as_of: date, faults: Iterable[str]) -> None:
        self.as_of = as_of
        self.reason = f"it contradicts itself: {'; '.join(faults)}"
        super().__init__(f"{as_of} is not published: {self.reason}")


def same(left: str, right: str) -> str:
    """A query for the differences between two queries, including different multiplicities."""
    return (
        f"select 'only first' as side, * from (({left}) except all ({right})) "
        f"union all select 'only second' as side, * from (({right}) except all ({left}))"
    )


def same_count(left: str, right: str) -> str:
    """A query that returns both counts if two tables or subqueries differ in their number of rows."""
    counts = f"select (select count(*) from {left}) as first, (select count(*) from {right}) as second"
    return f"from ({counts}) where first <> second"


SPANS = "history_spans where getvariable('as_of') between from_as_of and to_as_of"
RESULTS = """
    select control_id, account_id, coalesce(region, 'global') as region, resource, verdict, reason
    from control_results
    where account_id in (select account_id from int_accounts where is_expected)
        and control_id in (select control_id from control_catalog)
"""
UNREAD = "select control_id, account_id, region from judgements where origin = 'unread'"
# A control of the organization may say something of any account, and owes it of the management account alone.
OWED = """
    from control_catalog as controls
    join int_accounts as accounts on accounts.is_expected and (controls.scope = 'account' or accounts.is_management)
"""

GRAVE = """
    count(*) filter (verdict = 'fail' and severity = 'critical') as critical,
    count(*) filter (verdict = 'fail' and severity = 'high') as high,
    count(distinct account_id) filter (verdict = 'fail' and severity = 'critical') as accounts_with_critical"""
COUNTED_PAIR = """
    count(*) filter (verdict = 'fail') as fail,
    count(*) filter (verdict in ('fail', 'unknown', 'manual')) = 0
        and count(*) filter (verdict in ('pass', 'exempt')) > 0 as is_met"""
PAIRS = f"select account_id, control_id, {COUNTED_PAIR} from findings group by all"
MEETING = f"select account_id, practice, {COUNTED_PAIR} from findings group by all"

INVARIANTS: Mapping[str, str] = {
    "every verdict is one of the six": f"select {KEY}, verdict from judgements where verdict not in {VERDICTS}",
    "every judgement names its account, Region and resource": (
        f"select {KEY}, verdict from judgements where account_id is null or region is null or resource is null"
    ),
    "a control has one verdict on a resource": (
        f"select {KEY}, count(*) as verdicts from judgements group by all having count(*) > 1"
    ),
    "every control has a verdict in every account that it is owed by": (
        f"select controls.control_id, accounts.account_id {OWED} "
        "anti join judgements on judgements.control_id = controls.control_id "
        "and judgements.account_id = accounts.account_id"
    ),
    "every judgement of a control is its result": (
        f"select {KEY}, verdict from judgements as j anti join ({RESULTS}) as r using ({KEY}) "
        "where j.origin = 'control' "
        f"union all select {KEY}, j.verdict from judgements as j join ({RESULTS}) as r using ({KEY}) "
        "where j.origin = 'control' and j.verdict <> r.verdict and not (j.verdict = 'exempt' and r.verdict = 'fail')"
    ),
    "every result of a control is a judgement, unless it rests on what could not be read": (
        f"select {KEY}, verdict from ({RESULTS}) as r "
        f"semi join (select controls.control_id, accounts.account_id {OWED}) as owed using (control_id, account_id) "
        f"anti join (from judgements where origin in ('control', 'record')) as j using ({KEY}) "
        f"anti join ({UNREAD}) as u on u.control_id = r.control_id and u.account_id = r.account_id "
        "and (u.region = 'global' or r.region in ('global', u.region)) "
        "where not exists(from stg_organization where feature_set = 'NONE') "
        "or control_id not in (select control_id from control_catalog where scope = 'organization')"
    ),
    "as many findings as judgements": same_count("judgements", "findings"),
    "every judgement is a finding, once": same(
        f"select {KEY}, verdict from judgements", f"select {KEY}, verdict from findings"
    ),
    "as many spans on the night as findings": same_count(SPANS, "findings"),
    "every finding has its span": same(
        f"select {KEY}, verdict, from_as_of from {SPANS}", f"select {KEY}, verdict, last_changed from findings"
    ),
    "verdicts by control and account are those of the findings": same(
        f"select control_id, account_id, {BY_VERDICT} from findings group by all",
        f"select control_id, account_id, {SUMS} from control_account_counts group by all",
    ),
    **{
        f"{table} has the verdicts of the findings": same(
            f"select {key}, {BY_VERDICT} from findings group by all",
            f"select {key}, {SUMS} from {table} where {COUNTED} group by all",
        )
        for key, table in SCORED.items()
    },
    "scores_overall has the verdicts of the findings": same(
        f"select {BY_VERDICT} from findings", f"select {SUMS} from scores_overall"
    ),
    "critical and high findings are those of the findings, in as many accounts": same(
        f"select {GRAVE} from findings join controls using (control_id)",
        "select coalesce(sum(critical), 0)::bigint, coalesce(sum(high), 0)::bigint, "
        "coalesce(sum(accounts_with_critical), 0)::bigint from scores_overall",
    ),
    "a control is met where it was judged and nothing fails": same(
        f"select account_id, count(*) filter (is_met) as met, count(*) filter (fail > 0) as not_met "
        f"from ({PAIRS}) group by account_id",
        "select account_id, met, not_met from scores_by_account",
    ),
    "accounts that meet a best practice are those of the findings": same(
        f"select practice, count(*) filter (is_met) as met, count(*) filter (fail > 0) as not_met from ({MEETING}) "
        "group by practice",
        "select practice, accounts_met, accounts_not_met from scores_by_practice",
    ),
    "the findings, the scores and the contract are of the night": (
        "select * from (select distinct as_of from findings union select as_of from contract "
        "union select as_of from scores_overall union select as_of from built_night) "
        "where as_of is distinct from getvariable('as_of')"
    ),
    "the night is in the history": (
        "select getvariable('as_of') as as_of where getvariable('as_of') not in "
        "(select as_of from history_nights where held_back_reason is null)"
    ),
}
"""Invariants: description, and a query for violating rows."""


def broken(con: duckdb.DuckDBPyConnection, as_of: date, invariants: Mapping[str, str] = INVARIANTS) -> Iterator[str]:
    """A sentence for each violated invariant, with the number of rows and the first one."""
    con.execute("set variable as_of = ?", [as_of])
    for name, query in invariants.items():
        violations = rows(con, f"from ({query}) order by all limit 1")
        if violations:
            (count,) = con.execute(f"select count(*) from ({query})").fetchone() or (0,)
            values = ", ".join(f"{column} = {value}" for column, value in violations[0].items() if value is not None)
            yield f"{name}: broken {count:,} {'time' if count == 1 else 'times'}, first by {values}"


def check(con: duckdb.DuckDBPyConnection, as_of: date, invariants: Mapping[str, str] = INVARIANTS) -> None:
    """Raise `Broken` if an invariant is violated."""
    if faults := list(broken(con, as_of, invariants)):
        raise Broken(as_of, faults)
