"""The first sentence of a night, the same on the overview, on paper and in messages: what is critical and open.

It is counted from the published database. What could not be judged is said; it never counts as free of findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipeline.schema import Row
from pipeline.text import percent, plural

LEAD = """
    select s.*, changed.new_critical, open.unowned
    from contract c join scores_overall s using (as_of),
        (select count(*) as new_critical from finding_changes
            where change = 'new fail' and severity = 'critical') as changed,
        (select count(distinct f.account_id) as unowned
            from findings f join controls k using (control_id) join accounts a using (account_id)
            where f.verdict = 'fail' and k.severity = 'critical' and a.owner is null) as open"""
"""The measures of the organization, how many critical findings are new, and in how many accounts nobody owns one."""


@dataclass(frozen=True)
class Lead:
    """The sentence in two parts, the first to be emphasized, and what else is measured, as a second sentence."""

    first: str
    rest: str
    measures: str

    def __str__(self) -> str:
        return self.first + self.rest


def lead(row: Row | None) -> Lead:
    """The lead of a row of `LEAD`."""
    if row is None:
        return Lead("Nothing was judged on this night", ".", "")
    return Lead(_open(row), f"{_change(row)}.{_owners(row)}{_unknown(row)}", _measures(row))


def _open(row: Row) -> str:
    known = row["accounts_with_critical"] + row["accounts_without_critical"]
    if row["critical"]:
        are = "finding is" if row["critical"] == 1 else "findings are"
        of = f"{row['accounts_with_critical']:,} of {plural(known, 'account')}"
        return f"{row['critical']:,} critical {are} open in {of}"
    return "No critical finding is open" + (f" in {plural(known, 'account')}" if known < row["accounts"] else "")


def _change(row: Row) -> str:
    if row["previous_as_of"] is None:
        return "; this is the first night"
    since, change = short_day(row["previous_as_of"]), row["critical_change"] or 0
    amount = f"{'one' if abs(change) == 1 else f'{abs(change):,}'} {'more' if change > 0 else 'fewer'} than"
    if not row["critical"] and not change:
        return ""
    new = f"{row['new_critical']:,} {'is' if row['new_critical'] == 1 else 'are'} new" if row["new_critical"] else None
    return f", {amount if change else 'as many as'} on {since}; {new or 'none is new'}"


def _owners(row: Row) -> str:
    if not row["unowned"]:
        return ""
    if row["accounts_with_critical"] == 1:
        return " The account has no owner."
    have = "has" if row["unowned"] == 1 else "have"
    return f" {row['unowned']:,} of the {plural(row['accounts_with_critical'], 'account')} {have} no owner."


def _unknown(row: Row) -> str:
    unknown = row["accounts"] - row["accounts_with_critical"] - row["accounts_without_critical"]
    return f" Of {plural(unknown, 'account')} it is not known." if unknown else ""


def _measures(row: Row) -> str:
    high = f"{plural(row['high'], 'high finding')} {'is' if row['high'] == 1 else 'are'} open"
    coverage = f"at {percent(row['coverage'])} coverage"
    if not row["has_enough_data"] or row["controls_met"] is None:
        return f"{high}; controls met: not enough data, {coverage}."
    return f"{high}; {percent(row['controls_met'])} of controls are met, account by account, {coverage}."


def short_day(value: date) -> str:
    """`23 November`."""
    return f"{value.day} {value:%B}"
