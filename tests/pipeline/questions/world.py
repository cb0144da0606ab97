"""A small organization at random, as raw tables for the product and as plain data for an oracle of its own."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from pipeline import collectors
from pipeline.night import Night
from pipeline.policy import Policy, Principal
from pipeline.policy.managed import aws_managed_policy
from pipeline.questions.earlier import READ, build_models
from pipeline.questions.published import Published
from pipeline.settings import Settings
from pipeline.warehouse import models
from tests.sql import harness
from tests.sql.harness import AS_OF, MANAGEMENT

ONE, TWO, DARK, CLOSED = "111111111111", "222222222222", "333333333333", "444444444444"
ACCOUNTS, READ_ONES = (MANAGEMENT, ONE, TWO, DARK, CLOSED), (MANAGEMENT, ONE, TWO)
VENDOR, OU, ORGANIZATION = "555566667777", "ou-root-workload", "o-example"
BUCKETS = {"alpha": ONE, "beta": TWO, "gamma": MANAGEMENT, "refused": ONE, "plain": TWO}
ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "sts:AssumeRole",
    "iam:PassRole",
    "sqs:SendMessage",
    "sso:CreateAccountAssignment",
)
PATTERNS = (*ACTIONS[:4], "s3:*", "s3:Get*", "sts:*", "*", "sqs:*")
PLACES = (
    *("*", "*", "arn:aws:s3:::*", "arn:aws:s3:::alpha/*", "arn:aws:s3:::beta/shared/*", "arn:aws:iam::*:role/r1"),
    *(
        "arn:aws:s3:::alpha/${aws:username}/*",
        f"arn:aws:iam::{ONE}:role/*",
        "arn:aws:s3:::*/${aws:PrincipalTag/team}/*",
    ),
)
CONDITIONS: tuple[dict[str, Any], ...] = (
    *({}, {}, {}, {}),
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/r1*"}},
    {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ONE}:user/u?"}},
    {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}},
    {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/{harness.ROOT}/{OU}/*"}},
    {"StringLike": {"aws:username": "u[12]*"}},
)


@dataclass
class World:
    """The documents and who holds which, by name; `rows` are the raw tables."""

    rows: dict[str, list[dict[str, Any]]]
    principals: dict[str, Principal]
    trusts: dict[str, dict[str, Any]]
    buckets: dict[str, dict[str, Any] | None]
    rcps: dict[str, tuple[tuple[Policy, ...], ...] | None]
    tags: dict[str, dict[str, str]] = field(default_factory=dict)


def document(dice: random.Random, statements: int, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [_statement(dice, **more) for _ in range(statements)]}


def _allowing(action: str, resource: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}


def _statement(dice: random.Random, effect: str = "", principals: bool = False, trust: bool = False) -> dict[str, Any]:
    one: dict[str, Any] = {"Effect": effect or dice.choice(["Allow", "Allow", "Allow", "Deny"])}
    one["Action"] = ["sts:AssumeRole"] if trust else dice.sample(PATTERNS, 2)
    if not trust:
        name = "NotResource" if not principals and dice.random() < 0.1 else "Resource"
        one[name] = dice.sample(PLACES, 2)
    if principals:
        name = "NotPrincipal" if one["Effect"] == "Deny" and dice.random() < 0.3 else "Principal"
        one[name] = dice.choice(
            ["*", {"AWS": dice.sample(_NAMES, 2)}, {"AWS": [ONE, "*"]}, {"Service": "lambda.amazonaws.com"}]
        )
    if condition := dice.choice(CONDITIONS):
        one["Condition"] = condition
    return one


_NAMES = (
    *(f"arn:aws:iam::{account}:root" for account in (ONE, TWO, MANAGEMENT, VENDOR)),
    *(
        f"arn:aws:iam::{account}:{kind}"
        for account in (ONE, TWO)
        for kind in ("role/r1", "role/app/r3", "user/u1", "user/u2")
    ),
    f"arn:aws:sts::{ONE}:assumed-role/r2/session",
    f"arn:aws:iam::{DARK}:role/unseen",
)


def world(seed: int) -> World:
    dice = random.Random(seed)
    pool = {f"p{number}": document(dice, dice.choice([1, 2])) for number in range(14)}
    # What many hold alike, and what yet means another thing for each of them.
    pool["own"] = _allowing("s3:*", "arn:aws:s3:::*/${aws:username}/*")
    pool["most"] = _allowing("*", "*")
    pool["broken"] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*"}]}
    made = World({name: [] for name in collectors.datasets()}, {}, {}, {}, {})
    levels = _control_policies(dice, made)
    _accounts(made)
    for account in READ_ONES:
        scps = levels["SERVICE_CONTROL_POLICY"].get(account)
        made.rcps[account] = levels["RESOURCE_CONTROL_POLICY"].get(account)
        _policies(made, account, pool)
        _group(made, account, dice, pool)
        for number in range(9):
            _principal(made, dice, account, "user", f"u{number}", "/", pool, scps)
        for number in range(9):
            _principal(made, dice, account, "role", f"r{number}", "/app/" if number == 3 else "/", pool, scps)
    _resources(made, dice)
    unread_role(made)
    return made


def _accounts(made: World) -> None:
    state = {CLOSED: "SUSPENDED"}
    for account in ACCOUNTS:
        parent = OU if account in (ONE, DARK) else harness.ROOT
        made.rows["accounts"].append(harness.account(account, parent_id=parent, state=state.get(account, "ACTIVE")))
    made.rows["organizational_units"] = [
        {
            "ou_id": OU,
            "arn": f"arn:aws:organizations::{MANAGEMENT}:ou/{ORGANIZATION}/{OU}",
            "name": "w",
            "parent_id": harness.ROOT,
        }
    ]
    for name in ("organization", "organization_roots"):
        made.rows[name] = harness.DEFAULTS[name]
    for name, dataset in collectors.datasets().items():
        for account in (MANAGEMENT,) if dataset.scope == "organization" else (*READ_ONES, DARK):
            row = {"account_id": account, "region": "global", "dataset": name, "status": "ok", "rows": 0}
            if account == DARK:
                row |= {
                    "status": "failed",
                    "operation": "sts:AssumeRole",
                    "error_class": "assume_role_failed",
                    "message": "no",
                }
            made.rows["extracts"].append(row)


def unread_role(made: World) -> None:
    """A record of a role that could not be read: it is in no table."""
    row = {"account_id": TWO, "region": "global", "dataset": "roles", "resource": f"arn:aws:iam::{TWO}:role/odd"}
    made.rows["unread_records"].append(row)


def _control_policies(dice: random.Random, made: World) -> dict[str, dict[str, tuple[tuple[Policy, ...], ...]]]:
    """SCPs and RCPs at the root, the unit and accounts; what binds each account, root first."""
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    open_to_all = {"Version": "2012-10-17", "Statement": [{**everything["Statement"][0], "Principal": "*"}]}  # type: ignore[dict-item]
    found: dict[str, dict[str, list[Policy]]] = {}
    for kind, short, whole in (
        ("SERVICE_CONTROL_POLICY", "scp", everything),
        ("RESOURCE_CONTROL_POLICY", "rcp", open_to_all),
    ):
        at = found.setdefault(kind, {})
        for target in (harness.ROOT, OU, ONE, TWO, DARK):
            deny = document(dice if target != DARK else random.Random(0), 1, effect="Deny")
            deny["Statement"][0] |= {"Principal": "*"} if short == "rcp" else {}
            deny["Statement"][0].pop("NotResource", None)
            deny["Statement"][0]["Resource"] = dice.choice(PLACES[2:]) if target != DARK else "*"
            for name, text in ((f"{short}-full-{target}", whole), (f"{short}-{target}", deny)):
                if name in (f"{short}-{TWO}", f"{short}-{DARK}"):
                    continue
                at.setdefault(target, []).append(Policy.read(name, text, short))  # type: ignore[arg-type]
                made.rows["organization_policies"].append(
                    {"policy_id": f"p-{name}", "arn": f"arn:aws:organizations::aws:policy/{name}", "name": name,
                     "policy_type": kind, "is_aws_managed": False, "document": text}
                )  # fmt: skip
                made.rows["policy_targets"].append({"policy_id": f"p-{name}", "target_id": target, "target_type": "OU"})
    paths = {ONE: (harness.ROOT, OU, ONE), TWO: (harness.ROOT, TWO)}
    return {
        kind: {account: tuple(tuple(at.get(node, ())) for node in path) for account, path in paths.items()}
        for kind, at in found.items()
    }


def _policies(made: World, account: str, pool: dict[str, Any]) -> None:
    for name, text in pool.items():
        made.rows["policies"].append(
            {"account_id": account, "policy_name": name, "arn": f"arn:aws:iam::{account}:policy/{name}", "path": "/",
             "document": text, "is_attachable": True}
        )  # fmt: skip


def _group(made: World, account: str, dice: random.Random, pool: dict[str, Any]) -> None:
    arn = f"arn:aws:iam::{account}:group/g"
    made.rows["groups"].append({"account_id": account, "group_name": "g", "arn": arn, "path": "/"})
    _attach(made, account, "group", "g", arn, "p0", f"arn:aws:iam::{account}:policy/p0")


def _attach(made: World, account: str, kind: str, name: str, arn: str, policy: str, policy_arn: str) -> None:
    made.rows["policy_attachments"].append(
        {"account_id": account, "principal_type": kind, "principal_name": name, "principal_arn": arn,
         "policy_name": policy, "policy_arn": policy_arn}
    )  # fmt: skip


def _principal(
    made: World,
    dice: random.Random,
    account: str,
    kind: str,
    name: str,
    path: str,
    pool: dict[str, Any],
    scps: tuple[tuple[Policy, ...], ...] | None,
) -> None:
    arn = f"arn:aws:iam::{account}:{kind}{path}{name}"
    tags = {"team": dice.choice(["red", "blue"])} if dice.random() < 0.6 else {}
    held = dice.choice(
        [["own"], ["own"], ["most"], ["most"], ["p1"], dice.sample(sorted(pool), 2), ["AdministratorAccess"]]
    )
    boundary = dice.choice([None] * 6 + ["p5", "p6"])
    groups = ["g"] if kind == "user" and dice.random() < 0.3 else []
    for policy in held:
        owner = "aws" if policy == "AdministratorAccess" else account
        _attach(made, account, kind, name, arn, policy, f"arn:aws:iam::{owner}:policy/{policy}")
    row: dict[str, Any] = {"account_id": account, "arn": arn, "path": path, "tags": tags}
    row["permissions_boundary_arn"] = f"arn:aws:iam::{account}:policy/{boundary}" if boundary else None
    if kind == "role":
        made.trusts[arn] = document(dice, 1, effect="Allow", principals=True, trust=True)
        row |= {"role_name": name, "trust_document": made.trusts[arn]}
        made.tags[arn] = tags
    else:
        row |= {"user_name": name, "group_names": groups}
    made.rows[f"{kind}s"].append(row)
    made.principals[arn] = Principal(
        arn,
        tuple(_policy(policy, account, pool) for policy in [*held, *(["p0"] if groups else [])]),
        _policy(boundary, account, pool) if boundary else None,
        scp_levels=scps,
        management_account=MANAGEMENT,
        facts=_facts("Principal", account),
        places={each: _facts("Resource", each) for each in ACCOUNTS},
        tags=tags,
        takes_session_tags=False,
    )


def _policy(name: str, account: str, pool: dict[str, Any]) -> Policy:
    if name == "AdministratorAccess":
        return aws_managed_policy("arn:aws:iam::aws:policy/AdministratorAccess")
    return Policy.read(name, json.dumps(pool[name]), "identity", f"arn:aws:iam::{account}:policy/{name}")


def _facts(whose: str, account: str) -> dict[str, Any]:
    unit = f"{OU}/" if account in (ONE, DARK) else ""
    return {f"aws:{whose}OrgID": ORGANIZATION, f"aws:{whose}OrgPaths": (f"{ORGANIZATION}/{harness.ROOT}/{unit}",)}


def _resources(made: World, dice: random.Random) -> None:
    for bucket, account in BUCKETS.items():
        region = "eu-central-1" if bucket == "alpha" else "us-east-1"
        made.rows["buckets"].append({"account_id": account, "bucket": bucket, "bucket_region": region})
        text = None if bucket in ("refused", "plain") else document(dice, 3, principals=True)
        made.buckets[bucket] = text
        row: dict[str, Any] = {"account_id": account, "bucket": bucket, "document": text}
        if bucket == "refused":
            row |= {"error_class": "iam_deny", "message": "Access Denied"}
        made.rows["bucket_policies"].append(row)


def published(made: World, home: Path) -> Published:
    """The world as a night that questions can be asked of."""
    con = duckdb.connect(config={"threads": 1})
    read = {name for model in models.load().with_ancestors(set(READ)) for name in model.reads} | {
        "raw_ledger",
        "raw_unread_records",
    }
    for name, dataset in collectors.datasets().items():
        if f"raw_{name}" in read:
            harness.load(con, dataset, [dict(row) for row in made.rows.get(name, [])])
    build_models(con, Settings.model_construct(**_blank()), Night(home, AS_OF))
    return Published(con, home)


def _blank() -> dict[str, Any]:
    return {name: field.get_default() for name, field in Settings.model_fields.items()}


def asked(made: World, dice: random.Random, count: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Actions, resources and what is known of the request."""
    buckets = [f"arn:aws:s3:::{bucket}/{key}" for bucket in BUCKETS for key in ("x", "shared/x", "u1/x", "red/x")]
    givens: tuple[dict[str, Any], ...] = (
        {},
        {},
        {"aws:SourceIp": ("10.1.1.1",)},
        {"aws:MultiFactorAuthPresent": ("true",)},
    )
    roles = sorted(made.trusts)
    for _ in range(count):
        action = dice.choice(ACTIONS)
        if action.startswith("s3:"):
            place = dice.choice(buckets)
        elif action.startswith("sqs:"):
            place = f"arn:aws:sqs:eu-central-1:{ONE}:queue"
        elif action.startswith("sso:"):
            place = "arn:aws:sso:::instance/ssoins-1111222233334444"
        else:
            place = dice.choice(roles)
        yield action, place, dice.choice(givens)
