"""Several organizations side by side: the overall measures of each home's published night, and of all together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import duckdb

from pipeline.publish import database
from pipeline.settings import Refused

QUERY = """
select as_of, accounts_expected as accounts, accounts_read, critical, high, accounts_with_critical, controls_met,
    expected, judged,
    (select organization_id from staging.stg_organization) as organization
from scores_overall
"""


@dataclass(frozen=True)
class Line:
    """A home's published night: its measures, or why there are none."""

    home: str
    organization: str | None = None
    as_of: date | None = None
    accounts: int | None = None
    accounts_read: int | None = None
    critical: int | None = None
    high: int | None = None
    accounts_with_critical: int | None = None
    controls_met: float | None = None
    coverage: float | None = None
    problem: str = ""
    expected: int = 0
    judged: int = 0


SHOWN = tuple(field.name for field in fields(Line) if field.name not in ("expected", "judged"))
ADDED = ("accounts", "accounts_read", "critical", "high", "accounts_with_critical")


def line(home: Path) -> Line:
    """The measures of a home; a `problem` where nothing is published, or nothing that this version can read."""
    try:
        with database.reading(home) as con:
            rows = con.execute(QUERY)
            names = [name for name, *_ in rows.description or ()]
            found = dict(zip(names, rows.fetchone() or (), strict=False))
    except Refused as refused:
        return Line(str(home), problem=str(refused))
    except duckdb.Error as error:
        problem = f"{home}: {str(error).splitlines()[0]}; `rolecall run` of this version writes it anew"
        return Line(str(home), problem=problem)
    if not found:
        return Line(str(home), problem=f"{home}: it shows no night")
    return Line(str(home), **found, coverage=percent(found["judged"], found["expected"]))


def total(lines: Sequence[Line]) -> Line:
    """All homes together, as of their oldest night; the sums lack homes without measures, and `problem` says so.

    Controls met are the mean over accounts, as in a single organization; null where one has too little data.
    """
    read = [one for one in lines if not one.problem]
    sums = {name: sum(getattr(one, name) for one in read) for name in ADDED} if read else {}
    expected, judged = sum(one.expected for one in read), sum(one.judged for one in read)
    lacking = len(lines) - len(read)
    return Line(
        "total",
        as_of=min((one.as_of for one in read if one.as_of), default=None),
        **sums,
        controls_met=mean((one.controls_met, one.accounts) for one in read),
        coverage=percent(judged, expected),
        problem=f"without {lacking} of {len(lines)} homes" if lacking else "",
    )


def mean(weighed: Iterable[tuple[float | None, int | None]]) -> float | None:
    """The weighted mean; null where a value is missing."""
    pairs = list(weighed)
    weight = sum(number or 0 for _, number in pairs)
    if not weight or any(value is None for value, _ in pairs):
        return None
    return round(sum((value or 0) * (number or 0) for value, number in pairs) / weight, 4)


def percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 4) if whole else None
