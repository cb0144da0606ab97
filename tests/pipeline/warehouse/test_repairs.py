"""The changes that would close findings: what is changed, by whom, and in what order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest

from pipeline.warehouse import contracts, models
from pipeline.warehouse.store import variables

MODELS = models.load().models
GIVEN = {"as_of": "2026-11-30", "min_coverage_to_score": 95, "shared_by": 3}
IAM = "arn:aws:iam::{}:"
ROOT = "arn:aws:organizations::1:account/o-x/{}"
CONTROLS = {
    "users": ("BP01-03", "high", "account"),
    "grave": ("BP03-02", "critical", "account"),
    "keys": ("BP04-01", "medium", "account"),
    "scp_objectives": ("BP13-04", "high", "organization"),
    "password_policy": ("BP03-06", "medium", "account"),
    "sets": ("BP06-08", "high", "organization"),
}
ACCOUNTS = {"100000000001": "ann", "100000000002": None, "100000000003": "ann"}
A, B, C = ACCOUNTS
Fails = Sequence[tuple[str, str, str]]


def repairs(fails: Fails, others: Fails = ()) -> list[dict[str, Any]]:
    """The repairs of a night with these fails of control, account and resource, and other verdicts."""
    con = duckdb.connect()
    con.execute("create table int_accounts (account_id varchar, arn varchar, owner varchar, ou_ids varchar[])")
    for account_id, owner in ACCOUNTS.items():
        con.execute("insert into int_accounts values (?, ?, ?, [])", [account_id, ROOT.format(account_id), owner])
    con.execute("create table control_catalog (control_id text, number text, severity text, fixed_by text)")
    for control_id, rest in CONTROLS.items():
        con.execute("insert into control_catalog values (?, ?, ?, ?)", [control_id, *rest])
    con.execute(
        "create table stg_permission_sets as select 'arn:aws:sso:::permissionSet/i/ps-1' permission_set_arn, 'Ops' name"
    )
    con.execute("create table said (control_id text, account_id text, resource text, verdict text)")
    rows = [(*row, "fail") for row in fails] + [(*row, "pass") for row in others]
    con.executemany("insert into said values (?, ?, ?, ?)", rows)
    con.execute("create table judgements as select *, 1 as practice, 'global' as region from said")
    contracts.define_macros(con)
    with variables(con, GIVEN):
        for name in ("control_account_counts", "repaired_findings", "repairs"):
            con.execute(f"create table {name} as {MODELS[name].sql}")
    columns = [name for name, *_ in con.execute("describe repairs").fetchall()]
    return [dict(zip(columns, row, strict=True)) for row in con.execute("from repairs order by place").fetchall()]


@pytest.mark.parametrize(
    ("resource", "kind", "name", "target"),
    [
        (IAM + "user/a/b/ann", "user", "ann", IAM + "user/a/b/ann"),
        (IAM + "user/ann/accesskey/1", "user", "ann", IAM + "user/ann"),
        (IAM + "user/ann/password", "user", "ann", IAM + "user/ann"),
        (IAM + "user/ann/servicecredential/ACCA1", "user", "ann", IAM + "user/ann"),
        (IAM + "role/x/deploy", "role", "deploy", IAM + "role/x/deploy"),
        (IAM + "role/deploy/inline/all", "role", "deploy", IAM + "role/deploy"),
        (IAM + "policy/wide", "policy", "wide", IAM + "policy/wide"),
        (IAM + "server-certificate/old", "resource", "old", IAM + "server-certificate/old"),
        ("arn:aws:s3:::a-bucket", "resource", "a-bucket", "arn:aws:s3:::a-bucket"),
        (ROOT, "account setting", "BP03-06", None),
        (IAM + "role/aws-reserved/sso.amazonaws.com/eu/AWSReservedSSO_My_Set_0a1b", "permission set", "My_Set", None),
        ("arn:aws:sso:::permissionSet/i/ps-1/user/u-1", "permission set", "Ops", None),
    ],
)
def test_what_is_changed(resource: str, kind: str, name: str, target: str | None) -> None:
    (found,) = repairs([("password_policy", A, resource.format(A))])
    assert (found["kind"], found["name"]) == (kind, name)
    assert found["target"] == (target and target.format(A))
    assert found["account_id"] == A
    assert found["made_by"] == ("organization" if kind == "permission set" else "account owner")


def test_all_that_fails_on_a_user_is_one_change() -> None:
    user = IAM.format(A) + "user/ann"
    fails = [
        ("users", A, user),
        ("grave", A, user),
        ("keys", A, f"{user}/accesskey/1"),
        ("keys", A, f"{user}/accesskey/2"),
    ]
    (found,) = repairs(fails)
    assert (found["findings"], found["critical"], found["high"], found["severity"]) == (4, 1, 1, "critical")
    assert found["controls"] == ["grave", "users", "keys"]
    assert found["brought_to_met"] == 3
    first, second = repairs([*fails, ("keys", A, IAM.format(A) + "user/bob/accesskey/1")])
    assert (first["brought_to_met"], second["brought_to_met"]) == (2, 0)
    assert (first["place_in_account"], second["place_in_account"]) == (1, 2)


def test_what_the_organization_sets_is_one_change_in_all_accounts() -> None:
    fails = [
        ("scp_objectives", account, f"{ROOT.format(account)}/{objective}")
        for account in (A, B)
        for objective in ("root_user", "leave")
    ]
    (found,) = repairs(fails)
    assert (found["kind"], found["made_by"]) == ("organization setting", "organization")
    assert (found["findings"], found["accounts"], found["owners"], found["brought_to_met"]) == (4, 2, 2, 2)
    assert found["account_id"] is found["place_in_account"] is None


def test_a_role_of_one_name_in_many_accounts_is_made_by_nobody_there() -> None:
    here = [("users", account, IAM.format(account) + "role/Everywhere") for account in ACCOUNTS]
    (found,) = repairs(here)
    assert (found["target"], found["made_by"]) == ("arn:aws:iam::*:role/Everywhere", "organization")
    assert {found["made_by"] for found in repairs(here[:2])} == {"account owner"}


def test_the_gravest_is_first_then_what_brings_controls_to_met() -> None:
    fails = [
        ("users", A, IAM.format(A) + "role/one"),
        ("users", A, IAM.format(A) + "role/two"),
        ("users", B, IAM.format(B) + "role/three"),
        ("keys", B, IAM.format(B) + "user/ann/accesskey/1"),
        ("grave", C, IAM.format(C) + "user/old"),
    ]
    assert [found["name"] for found in repairs(fails)] == ["old", "three", "one", "two", "ann"]
    assert repairs([("keys", A, "x")], [("keys", A, "y")])[0]["brought_to_met"] == 1
