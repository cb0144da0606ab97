"""Rehearsed is as good as attached: the findings are those of a night on which the change is in what AWS lists."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from pipeline.night import DATABASE, WAREHOUSE
from pipeline.rehearse import closed, edits
from pipeline.rehearse.change import Kind, resolved
from pipeline.rehearse.session import opened
from pipeline.settings import Refused, Settings
from tests.pipeline.explain.explained import blank
from tests.pipeline.rehearse.organization import (
    BASE,
    OTHER,
    UNIT,
    Findings,
    Judge,
    Row,
    Rows,
    arn,
    keyed,
    saved,
    scp,
)
from tests.sql.harness import AS_OF, MANAGEMENT, MEMBER, ROOT

TARGETS = {"root": (ROOT, "ROOT"), UNIT: (UNIT, "ORGANIZATIONAL_UNIT"), MEMBER: (MEMBER, "ACCOUNT")}
ACTIONS = ("*", "ec2:*", "s3:Delete*", "iam:*", "iam:PassRole", "organizations:LeaveOrganization", "lambda:*", "kms:*")
CONDITIONS: tuple[Row | None, ...] = (
    None,
    None,
    {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}},
    {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/builder"}},
    {"StringNotEquals": {"aws:PrincipalAccount": MEMBER}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"StringNotEqualsIfExists": {"aws:ResourceOrgID": "o-example"}},
)


def random_statement(random: Random, effect: str, **more: Any) -> Row:
    condition = random.choice(CONDITIONS)
    element = "NotAction" if effect == "Deny" and "Principal" not in more and random.random() < 0.2 else "Action"
    chosen = {element: random.sample(ACTIONS[1:], random.randint(1, 3)), "Resource": "*"}
    return {"Effect": effect, **more, **chosen} | ({"Condition": condition} if condition else {})


def random_change(random: Random) -> tuple[Kind, str, Row]:
    """A kind, a target and a document."""
    kind: Kind = random.choice(("scp", "scp", "rcp", "boundary", "identity", "trust", "permission-set"))
    at = random.choice(("root", UNIT, MEMBER))
    statements: list[Row]
    if kind == "rcp":
        statements = [random_statement(random, "Deny", Principal="*") for _ in range(2)]
        statements[0]["Action"] = ["s3:*", "sts:*"]
    elif kind == "trust":
        who = random.choice(({"Service": "lambda.amazonaws.com"}, {"AWS": OTHER}, {"AWS": "*"}))
        statements = [{"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}]
    else:
        statements = [random_statement(random, "Deny")]
        statements += [{"Effect": "Allow", "Action": random.sample(ACTIONS, 2), "Resource": "*"}] * (kind != "scp")
    if kind in ("identity", "trust") or (kind == "boundary" and random.random() < 0.5):
        at = arn("role", random.choice(("builder", "reader", "guarded")))
    return kind, "Ops" if kind == "permission-set" else at, {"Version": "2012-10-17", "Statement": statements}


def as_listed(kind: Kind, at: str, name: str, text: str) -> Rows:
    """The datasets that change, with the rows that AWS would list after the attachment."""
    document = json.dumps(json.loads(text), separators=(",", ":"))
    if kind in ("scp", "rcp"):
        word = "service_control_policy" if kind == "scp" else "resource_control_policy"
        policy = scp(name, kind=word, policy_id="p-attached") | {"document": document, "characters": len(text)}
        target = dict(zip(("target_id", "target_type"), TARGETS[at], strict=True))
        return {
            "organization_policies": [*BASE["organization_policies"], policy],
            "policy_targets": [*BASE["policy_targets"], {"policy_id": "p-attached", **target}],
        }
    if kind == "trust":
        return {"roles": [one | {"trust_document": document} if one["arn"] == at else one for one in BASE["roles"]]}
    if kind == "boundary":
        return bounded(at, name, document)
    holder = "AWSReservedSSO_Ops_0123456789abcdef" if kind == "permission-set" else at.rpartition("/")[2]
    policy_name = "AwsSSOInlinePolicy" if kind == "permission-set" else name
    row = {"account_id": MEMBER, "principal_type": "role", "principal_name": holder, "document": document}
    row |= {"principal_arn": arn("role", holder), "policy_name": policy_name}
    rows: Rows = {"inline_policies": [*BASE["inline_policies"], row]}
    if kind == "permission-set":
        of = BASE["permission_sets"][0]["permission_set_arn"]
        own = {"permission_set_arn": of, "kind": "inline", "policy_name": "inline", "document": document}
        rows["permission_set_policies"] = [own]
    return rows


def not_asked(kind: Kind, at: str, text: str) -> Rows:
    """What AWS would be asked about anew: uses under other identity policies, what it finds in a new document."""
    if kind in ("scp", "rcp"):
        return {}
    digest = hashlib.sha256(json.dumps(json.loads(text), separators=(",", ":")).encode()).hexdigest()
    accounts = {"root": (MEMBER, OTHER)}.get(at, (MEMBER,)) if kind == "boundary" else (MEMBER,)
    row = {"document_sha256": digest, "policy_type": "TRUST_POLICY" if kind == "trust" else "IDENTITY_POLICY"}
    rows: Rows = {"document_validations": [row | {"account_id": account} for account in accounts]}
    if kind == "identity":
        message = "with these policies AWS would report on other services, and a rehearsal does not ask"
        unread = {"status": "FAILED", "message": message}
        reads = BASE["last_accessed_reads"]
        rows["last_accessed_reads"] = [one | (unread if one["arn"] == at else {}) for one in reads]
    return rows


def bounded(at: str, name: str, document: str) -> Rows:
    """Every role of the target with the boundary, except those that only AWS changes."""
    accounts = {"root": (MEMBER, OTHER), UNIT: (MEMBER,), MEMBER: (MEMBER,)}.get(at, ())
    bound = [
        one["arn"]
        for one in BASE["roles"]
        if one["arn"] == at or (one["account_id"] in accounts and not one["path"].startswith("/aws-"))
    ]
    moment = datetime.combine(AS_OF, time.max)
    roles = [
        one | {"permissions_boundary_arn": f"arn:aws:iam::{one['account_id']}:policy/{name}"}
        if one["arn"] in bound
        else one
        for one in BASE["roles"]
    ]
    policies = [
        {
            "account_id": account,
            "policy_name": name,
            "policy_id": "ANPA",
            "arn": f"arn:aws:iam::{account}:policy/{name}",
            "path": "/",
            "default_version_id": "v1",
            "attachment_count": 0,
            "permissions_boundary_usage_count": sum(f"::{account}:" in one for one in bound),
            "is_attachable": True,
            "created_at": moment,
            "updated_at": moment,
            "version_count": 1,
            "document": document,
        }
        for account in sorted({one.split(":")[4] for one in bound})
    ]
    return {"roles": roles, "policies": policies}


def rehearsed(settings: Settings, kind: Kind, file: Path, at: str) -> Findings:
    """The findings of the rehearsal; an attached policy has the id that `as_listed` gives it."""
    with opened(settings) as session:
        change = resolved(session.con, kind, [file], at, [], [])
        session.apply(edits.of(session.con, change))
        names = "control_id, account_id, region, resource, verdict, reason, evidence::varchar"
        found = session.con.execute(f"select {names} from judgements").fetchall()
        key = edits.policy_id(change.added[0])
    return keyed([tuple(str(cell).replace(key, "p-attached") for cell in row) for row in found])


def different(left: Findings, right: Findings) -> Mapping[tuple[str, ...], tuple[object, object]]:
    return {
        key: (left.get(key), right.get(key)) for key in left.keys() | right.keys() if left.get(key) != right.get(key)
    }


def check(seed: int, settings: Settings, judge: Judge, folder: Path) -> Findings:
    """A random change, rehearsed and attached."""
    kind, at, document = random_change(Random(seed))
    file = folder / f"new-{seed}.json"
    file.write_text(json.dumps(document, indent=1))
    rows = as_listed(kind, at, file.stem, file.read_text())
    attached = judge.findings(rows | not_asked(kind, at, file.read_text()))
    assert not different(rehearsed(settings, kind, file, at), attached), (kind, at, document)
    return attached


@pytest.mark.parametrize("seed", [1, 5])
def test_rehearsed_is_attached(seed: int, settings: Settings, judge: Judge, tmp_path: Path) -> None:
    assert check(seed, settings, judge, tmp_path)


@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=pytest.mark.slow if n < 106 else pytest.mark.soak) for n in range(100, 140)]
)
def test_rehearsed_is_attached_whatever_the_change(seed: int, settings: Settings, judge: Judge, tmp_path: Path) -> None:
    assert check(seed, settings, judge, tmp_path)


def test_a_change_turns_findings_and_nothing_is_written(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "leave.json"
    deny = {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    was = {path: path.stat().st_mtime_ns for path in settings.home.rglob("*")}
    with opened(settings) as session:
        session.apply(edits.of(session.con, resolved(session.con, "scp", [file], "root", [], [])))
        turned = {(one["control_id"], one["account_id"]): one["verdict_after"] for one in session.turned()}
        before, after = (session.measures()[name][0] for name in ("before", "after"))
    assert turned["scp_objectives", OTHER] == "pass"
    assert ("scp_objectives", MANAGEMENT) not in turned
    assert after["high"] < before["high"]
    assert {path: path.stat().st_mtime_ns for path in settings.home.rglob("*")} == was


def test_a_night_of_another_version_is_refused(home: Path, tmp_path: Path) -> None:
    for name in (WAREHOUSE, DATABASE):
        shutil.copy(home / name, tmp_path / name)
    with duckdb.connect(str(tmp_path / WAREHOUSE)) as con:
        con.execute("drop table int_accounts")
    older = Settings.model_construct(**(blank() | {"home": tmp_path}))
    with opened(older) as session, pytest.raises(Refused, match="another version, without int_accounts"):
        session.apply([edits.delete("policy_targets", "false")])


ONLY_HERE = {
    "Effect": "Deny",
    "NotAction": ["iam:*", "sts:*"],
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}},
}
ASKED = """
    select is_closed, error_class, message from raw_external_analyzer_regions
    where account_id = $account and region_name = 'eu-west-1'"""
EXTRACTS = "select distinct region, status from raw_extracts where account_id = $account and dataset = 'eks_clusters'"


@pytest.mark.parametrize(
    ("but", "expected"), [("", (True, "scp_deny", closed.CLOSES)), ("*Reader", (False, None, None))]
)
def test_a_region_that_an_scp_closes_is_not_asked(
    but: str, expected: tuple[object, ...], settings: Settings, tmp_path: Path
) -> None:
    """Unless the reader alone may still ask."""
    where = ONLY_HERE["Condition"] | ({"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{but}"}} if but else {})
    with opened(settings) as session:
        file = saved(tmp_path, "closing", ONLY_HERE | {"Condition": where})
        change = resolved(session.con, "scp", [file], MEMBER, [], [])
        session.apply([*edits.of(session.con, change), *closed.of(session.con, change, settings)])
        turned = [row for row in session.turned() if row["control_id"] == "external_analyzer_all_regions"]
        assert session.con.execute(ASKED, {"account": MEMBER}).fetchall() == [expected]
    assert [(row["region"], row["verdict_after"]) for row in turned] == [("eu-west-1", "not_applicable")] * (not but)


def test_what_is_in_a_region_that_opens_is_not_known(settings: Settings, tmp_path: Path) -> None:
    """The SCP closed eu-west-1; what a detachment opens was not read."""
    with opened(settings) as session:
        con, held = session.con, scp("closing", document=json.dumps({"Statement": ONLY_HERE}))
        there = {"policy_id": held["policy_id"], "target_id": MEMBER, "target_type": "ACCOUNT"}
        con.execute("set search_path = 'memory.main,warehouse.main'")
        for table, row in (("stg_organization_policies", held), ("stg_policy_targets", there)):
            con.execute(f"create table memory.main.{table} as from warehouse.main.{table}")
            columns = ", ".join(f"${name} as {name}" for name in row)
            con.execute(f"insert into {table} by name select {columns}", row)
        opening = closed.of(con, resolved(con, "scp", [], MEMBER, [], ["closing"]), settings)
        con.execute("drop table memory.main.stg_organization_policies; drop table memory.main.stg_policy_targets")
        was = "is_closed = true, error_class = 'scp_deny'"
        session.apply([edits.update("external_analyzer_regions", was, "region_name = 'eu-west-1'"), *opening])
        assert con.execute(ASKED, {"account": MEMBER}).fetchall() == [(False, "scp_deny", closed.OPENS)]
        assert ("eu-west-1", "failed") in con.execute(EXTRACTS, {"account": MEMBER}).fetchall()
        found = {row["control_id"]: row["verdict"] for row in session.judgements() if row["region"] == "eu-west-1"}
        assert found["external_analyzer_all_regions"] == "unknown"
        assert set(found.values()) == {"unknown"}
