"""Which access keys to remove first: what each could do, and their order."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from pipeline.warehouse import models
from pipeline.warehouse.store import variables

MODEL = models.load().models["key_triage"]
# name, days old, days unused, admin, steps, possible steps, unreadable policies, sensitive actions, escalation paths
USERS = [
    ("young", 10, 1, "no", None, None, [], 0, 0),
    ("idle", 60, None, "no", None, None, [], 0, 0),
    ("left", 400, 50, "no", None, None, [], 0, 0),
    ("wide", 50, 46, "no", None, None, [], 3, 0),
    ("climber", 200, 2, "no", 2, 1, [], 0, 1),
    ("climber-by-day", 300, 2, "no", None, 1, [], 0, 0),
    ("certain", 91, 40, "depends", 1, 0, ["own: not JSON"], 0, 0),
    ("garbled", 500, 3, "depends", None, 0, ["own: not JSON"], 0, 0),
    ("limited-by", 499, 3, "depends", None, 0, [], 0, 0),
    ("path", 95, 3, "no", None, None, [], 0, 1),
    ("boss", 20, 3, "yes", 0, 0, [], 9, 0),
]


@pytest.fixture(scope="module")
def keys() -> dict[str, dict[str, Any]]:
    """The rows by name of the user, in order."""
    con = duckdb.connect()
    con.execute(
        """
        create table given (user_name varchar, age_days bigint, unused_days bigint, is_admin varchar, steps bigint,
            possible_steps bigint, unreadable varchar[], sensitive_actions bigint, escalation_paths bigint);
        create table others as from (values
            ('<root_account>', 3, 1, true, true, 'access key'), ('unread', 93, 1, false, true, 'access key'),
            ('off', 900, null, false, false, 'access key'), ('password', 900, null, false, true, 'password'))
            t(user_name, age_days, unused_days, is_root, is_active, kind)
        """
    )
    con.executemany("insert into given values (?, ?, ?, ?, ?, ?, ?, ?, ?)", USERS)
    con.execute(
        """
        create table int_credentials as
            select '1' as account_id, user_name, user_name || '-arn' as user_arn, '1' as credential, age_days,
                unused_days, is_root, is_active, kind, if(unused_days is null, null, date '2026-11-01') as last_used_at,
                's3' as last_used_service, null::varchar as owner
            from (select user_name, age_days, unused_days, false as is_root, true as is_active, 'access key' as kind
                from given union all by name from others);
        create table principal_reach as
            select '1' as account_id, user_name || '-arn' as principal_arn, is_admin, steps, possible_steps from given;
        create table int_principal_permissions as
            select '1' as account_id, user_name || '-arn' as principal_arn,
                if(user_name = 'limited-by', [], unreadable) as unreadable,
                if(user_name = 'limited-by', ['scp: not JSON'], []) as unreadable_limits from given;
        create table least_privilege as
            select '1' as account_id, user_name || '-arn' as arn, sensitive_actions, escalation_paths from given;
        """
    )
    with variables(con, {"as_of": date(2026, 11, 20), **MODEL.header.params}):
        found = con.execute(MODEL.sql)
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row["user_name"]: row for row in rows}


def test_what_a_key_could_do(keys: dict[str, dict[str, Any]]) -> None:
    assert {name: (row["power"], row["is_admin"], row["steps_to_admin"]) for name, row in keys.items()} == {
        "<root_account>": ("administrator", "yes", 0),
        "boss": ("administrator", "yes", 0),
        "certain": ("can become administrator", "depends", 1),
        "climber": ("can become administrator", "no", 2),
        "climber-by-day": ("can become administrator", "no", 1),
        "garbled": ("unknown", "depends", 0),
        "limited-by": ("unknown", "depends", 0),
        "unread": ("unknown", None, None),
        "wide": ("sensitive", "no", None),
        "path": ("sensitive", "no", None),
        "left": ("limited", "no", None),
        "idle": ("limited", "no", None),
        "young": ("limited", "no", None),
    }


def test_the_order_is_that_of_removal(keys: dict[str, dict[str, Any]]) -> None:
    assert [row["place"] for row in keys.values()] == list(range(1, len(keys) + 1))
    by_advice = {
        advice: [name for name, row in keys.items() if row["advice"] == advice]
        for advice in dict.fromkeys(row["advice"] for row in keys.values())
    }
    assert list(by_advice) == ["deactivate", "replace", "keep"]
    assert by_advice == {
        "deactivate": ["<root_account>", "wide", "idle", "left"],
        "replace": ["certain", "climber-by-day", "climber", "garbled", "limited-by", "unread", "path"],
        "keep": ["boss", "young"],
    }
    assert {row["user_arn"] for row in keys.values()} == {f"{name}-arn" for name in keys}
