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
# All have a live entry in the register, but for those of VERDICTS.
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
    ("sometimes", 20, 3, "depends", None, 0, [], 9, 0),
    ("exposed", 10, 1, "no", None, None, [], 0, 0),
    ("person", 10, 1, "no", None, None, [], 0, 0),
    ("critical", 10, 1, "no", None, None, [], 0, 0),
    ("no-entry", 10, 1, "no", None, None, [], 0, 0),
    ("excepted", 10, 1, "no", None, None, [], 0, 0),
    ("not-shown", 80, None, "no", None, None, [], 0, 0),
    ("attachments-unread", 10, 1, "no", None, None, [], 0, 0),
]
QUARANTINE, ENTRY = "compromised_key_quarantine", "long_term_key_justified"
# name, control, verdict, severity
VERDICTS = [
    ("exposed", QUARANTINE, "fail", "critical"),
    ("critical", "another", "fail", "critical"),
    ("no-entry", ENTRY, "fail", "high"),
    ("excepted", ENTRY, "exempt", "high"),
    ("attachments-unread", QUARANTINE, "unknown", "critical"),
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
        create table verdicts (user_name varchar, control_id varchar, verdict varchar, severity varchar);
        """
    )
    con.executemany("insert into verdicts values (?, ?, ?, ?)", VERDICTS)
    con.execute(
        """
        create table control_catalog as select distinct control_id, 'A title' as title, severity
            from (select control_id, severity from verdicts);
        create table judgements as
            select '1' as account_id, user_name || '-arn' as resource, control_id, verdict, 'why' as reason,
                'control' as origin from verdicts
            union all
            select '1', user_name || '-arn', control_id, 'pass', 'why', 'control'
            from given cross join (values ('compromised_key_quarantine'), ('long_term_key_justified')) t(control_id)
            anti join verdicts using (user_name, control_id);
        create table stg_passwords as select '1' as account_id, 'person' as user_name;
        create table int_credentials as
            select '1' as account_id, user_name, user_name || '-arn' as user_arn, '1' as credential, age_days,
                unused_days, is_root, is_active, kind, if(unused_days is null, null, date '2026-11-01') as last_used_at,
                's3' as last_used_service, null::varchar as owner
            from (select user_name, age_days, unused_days, false as is_root, true as is_active, 'access key' as kind
                from given union all by name from others);
        create table int_access_keys as
            select account_id, user_arn, credential as key_id, user_arn || '/accesskey/' || credential as resource,
                user_name <> 'not-shown' as is_use_known
            from int_credentials where kind = 'access key';
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
        "sometimes": ("can become administrator", "depends", 0),
        **dict.fromkeys(
            ("exposed", "person", "critical", "no-entry", "excepted", "not-shown", "attachments-unread"),
            ("limited", "no", None),
        ),
    }


def test_the_order_is_that_of_removal(keys: dict[str, dict[str, Any]]) -> None:
    assert [row["place"] for row in keys.values()] == list(range(1, len(keys) + 1))
    by_advice = {
        advice: [name for name, row in keys.items() if row["advice"] == advice]
        for advice in dict.fromkeys(row["advice"] for row in list(keys.values())[2:])
    }
    assert list(keys)[:2] == ["exposed", "<root_account>"]
    assert list(by_advice) == ["deactivate", "replace", "unknown", "keep"]
    assert by_advice == {
        "deactivate": ["exposed", "wide", "idle", "left"],
        "replace": [
            *("<root_account>", "boss", "certain", "sometimes", "climber-by-day", "climber", "garbled"),
            *("limited-by", "unread", "path", "critical", "no-entry", "person"),
        ],
        "unknown": ["not-shown", "attachments-unread"],
        "keep": ["excepted", "young"],
    }
    assert {row["user_arn"] for row in keys.values()} == {f"{name}-arn" for name in keys}


def test_advice_agrees_with_the_verdicts(keys: dict[str, dict[str, Any]]) -> None:
    assert {
        keys[name]["advice"] for name, control, verdict, _ in VERDICTS if (control, verdict) == (QUARANTINE, "fail")
    } == {"deactivate"}
    kept = {name for name, row in keys.items() if row["advice"] == "keep"}
    assert not kept & {name for name, *_, verdict, _ in VERDICTS if verdict in ("fail", "unknown")}
    assert all(keys[name]["is_admin"] == "no" for name in kept)
