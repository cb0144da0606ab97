"""The findings of a night with the facts of their control and account, one flat row each, selected by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from pipeline.settings import Refused
from pipeline.warehouse.query import close_to

FLAT = """
select
    findings.as_of, findings.control_id, controls.number, controls.title, findings.practice, controls.practice_title,
    controls.severity, findings.account_id, accounts.name as account_name, accounts.ou_id, accounts.ou_path,
    accounts.owner, accounts.environment, findings.region, findings.resource, findings.verdict, findings.reason,
    findings.evidence, findings.first_seen, findings.last_changed,
    date_diff('day', findings.last_changed, findings.as_of) as days, controls.why, controls.fix, controls.may_break,
    controls.frameworks
from findings
inner join controls using (control_id)
left join accounts using (account_id)
"""
ORDER = "order by practice, control_id, account_id, region, resource"
FILTERS = {
    "verdict": ("verdict", "select unnest(['pass', 'fail', 'unknown', 'not_applicable', 'manual', 'exempt'])"),
    "severity": ("severity", "select unnest(['critical', 'high', 'medium', 'low'])"),
    "practice": ("practice::varchar", "select distinct practice::varchar from controls"),
    "control": ("control_id", "select control_id from controls"),
    "account": ("account_id", "select account_id from accounts"),
    "owner": ("owner", "select distinct owner from accounts where owner is not null"),
    "ou": ("ou_path", "select distinct ou_path from accounts where ou_path is not null"),
}
"""Fields by which findings are selected: the column of each, and a query of all its values."""


def select(con: duckdb.DuckDBPyConnection, chosen: Mapping[str, Sequence[str]]) -> tuple[str, dict[str, Any]]:
    """The query of the findings with one of the chosen values in each field, and its parameters.

    An OU includes those below it. Raises `Refused` for a value that does not exist.
    """
    conditions, parameters = [], dict[str, Any]()
    for field, values in chosen.items():
        if values:
            column, query = FILTERS[field]
            known = [row[0] for row in con.execute(query).fetchall()]
            for value in values:
                if not any(_matches(field, name, value) for name in known):
                    raise Refused(f"--{field} {value}: there is no such {field}{close_to(value, known)}")
            parameters[field] = [name for name in known if any(_matches(field, name, value) for value in values)]
            conditions.append(f"{column} in (select unnest(${field}::varchar[]))")
    where = f"where {' and '.join(conditions)}" if conditions else ""
    return f"select * from ({FLAT}) {where} {ORDER}", parameters


def _matches(field: str, name: str, value: str) -> bool:
    if field == "ou":
        return f"/{name.strip('/')}/".startswith(f"/{value.strip('/')}/")
    return name == value
