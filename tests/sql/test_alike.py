"""Facts are judged once for all principals with the same key: judging each one by itself gives the same.

Generated organizations whose SCPs, boundaries and identity policies speak of what tells principals apart: accounts,
ARNs, names, tags, places in the tree.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import cache

import pytest

from pipeline.facts import permissions
from pipeline.facts._batches import queried
from pipeline.facts._principals import PrincipalFactory, principals
from pipeline.schema import Row
from tests.sql import harness
from tests.sql.harness import AS_OF, ROOT, Case, account

MANAGEMENT, ACCOUNTS = harness.MANAGEMENT, {"111111111111": "ou-1", "112222222222": "ou-1", "333333333333": "ou-2"}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NAMES = ("user/ann", "user/bob", "user/dev/ann", "role/app", "role/App", "role/dev/admin", "role/aws-reserved/sso/app")
ACTIONS = ("iam:*", "iam:PutRolePolicy", "iam:Put*", "iam:DeleteRolePermissionsBoundary", "sts:AssumeRole")
RESOURCES = (
    "*",
    "arn:aws:iam::111111111111:*",
    "arn:aws:iam::11*:role/*",
    "arn:aws:iam::${aws:PrincipalAccount}:role/app",
    "arn:aws:iam::*:user/${aws:username}",
    "arn:aws:iam::*:role/${aws:PrincipalTag/team}",
    "arn:aws:iam::OWN:role/*",
    "arn:*:iam::*:?ole/*dm*",
)
CONDITIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("String", "aws:PrincipalAccount", ("111111111111", "11*", "OWN", "${aws:ResourceAccount}")),
    ("String", "aws:ResourceAccount", ("333333333333", "3?3333333333")),
    (
        "Arn",
        "aws:PrincipalArn",
        ("arn:aws:iam::111111111111:*", "arn:aws:iam::*:role/app", "arn:*:role/dev/*"),
    ),
    (
        "String",
        "aws:PrincipalArn",
        ("*app", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::11*", "*2:user/a*"),
    ),
    ("String", "AWS:username", ("ann", "b*")),
    ("String", "aws:userid", ("AIDA*",)),
    ("String", "aws:PrincipalTag/team", ("red", "${aws:username}", "app")),
    ("Paths", "aws:PrincipalOrgPaths", ("o-example/r-root/ou-1/*",)),
    ("Paths", "aws:ResourceOrgPaths", ("o-example/r-root/ou-2/*",)),
    ("String", "aws:PrincipalType", ("User",)),
)
OPERATORS = {
    "String": ("StringLike", "StringNotLike", "StringEquals", "StringNotEqualsIgnoreCase", "StringEqualsIgnoreCase"),
    "Arn": ("ArnLike", "ArnNotLike"),
    "Paths": ("ForAnyValue:StringLike", "ForAllValues:StringNotLike"),
}
QUERIES = permissions.QUERIES | {"principals": principals("int_permissions"), "judged": "from fact_permissions"}
models = cache(harness.load_catalog)


def statement(dice: random.Random, effect: str) -> Row:
    found: Row = {"Effect": effect, "Action": dice.choice(ACTIONS), "Resource": dice.choice(RESOURCES)}
    if dice.random() < 0.7:
        kind, key, values = dice.choice(CONDITIONS)
        found["Condition"] = {dice.choice(OPERATORS[kind]): {key: dice.choice(values)}}
    return found


def document(dice: random.Random) -> Row:
    base = [EVERYTHING["Statement"][0]] if dice.random() < 0.6 else []
    effects = dice.choices(("Allow", "Deny"), k=dice.choice((1, 2)))
    return {"Version": "2012-10-17", "Statement": [*base, *(statement(dice, effect) for effect in effects)]}


def of_account(value: Row, account_id: str) -> Row:
    found: Row = json.loads(json.dumps(value).replace("OWN", account_id))
    return found


def organization(dice: random.Random) -> dict[str, list[Row]]:
    """Rows of three accounts under the same SCPs, whose users and roles hold one of two policies under one boundary."""
    identities, boundary = [document(dice), document(dice)], document(dice)
    rows: dict[str, list[Row]] = {name: [] for name in ("users", "roles", "inline_policies", "policies")}
    for account_id in ACCOUNTS:
        limit = f"arn:aws:iam::{account_id}:policy/limit"
        rows["policies"].append(
            {"account_id": account_id, "arn": limit, "policy_name": "limit", "path": "/"}
            | {"document": of_account(boundary, account_id)}
        )
        for name in NAMES:
            kind, arn = name.split("/")[0], f"arn:aws:iam::{account_id}:{name}"
            own = {"account_id": account_id, "arn": arn, f"{kind}_name": name.split("/")[-1], "path": "/"}
            own |= {"tags": dice.choice(({}, {"team": "red"}, {"team": "app"}))}
            own |= {"permissions_boundary_arn": limit if dice.random() < 0.5 else None}
            rows[f"{kind}s"].append(own | ({"group_names": []} if kind == "user" else {}))
            holder = {"principal_type": kind, "principal_name": own[f"{kind}_name"], "principal_arn": arn}
            held = of_account(dice.choice(identities), account_id)
            rows["inline_policies"].append({"account_id": account_id, "policy_name": "own", "document": held} | holder)
    return rows | tree(document(dice))


def tree(scp: Row) -> dict[str, list[Row]]:
    """Two units with the accounts, and the SCP on the root beside the one that allows everything everywhere."""
    kind = {"policy_type": "SERVICE_CONTROL_POLICY", "is_aws_managed": False}
    everywhere = {ROOT: "ROOT", "ou-1": "ORGANIZATIONAL_UNIT", "ou-2": "ORGANIZATIONAL_UNIT"} | dict.fromkeys(
        ACCOUNTS, "ACCOUNT"
    )
    targets = [{"policy_id": "p-full", "target_id": node, "target_type": of} for node, of in everywhere.items()]
    return {
        "accounts": [account(MANAGEMENT), *(account(one, parent_id=unit) for one, unit in ACCOUNTS.items())],
        "organizational_units": [{"ou_id": unit, "parent_id": ROOT, "name": unit} for unit in ("ou-1", "ou-2")],
        "organization_policies": [
            {"policy_id": "p-full", "name": "full", "document": EVERYTHING} | kind,
            {"policy_id": "p-own", "name": "own", "document": scp} | kind,
        ],
        "policy_targets": [*targets, {"policy_id": "p-own", "target_id": ROOT, "target_type": "ROOT"}],
    }


def differences(rows: dict[str, list[Row]]) -> Iterator[str]:
    case = Case("admin_principals_limited", "alike", AS_OF, rows, {}, [], [], "")
    with harness.prepared(case, models(), ("fact_permissions",)) as made, queried(made.con, QUERIES) as tables:
        factory, judged = PrincipalFactory(tables), {row["permissions_sha256"]: row for row in tables["judged"]}
        for row in tables["principals"]:
            once = judged[row["permissions_sha256"]]
            one = permissions.facts(factory.principal(row))
            for name, value in one.items():
                theirs = json.loads(json.dumps(once[name]).replace(once["own_account"], row["account_id"]))
                if value != theirs:
                    yield f"{row['principal_arn']}: {name} is {value}, judged once {theirs}"


EVERYDAY, LONG = (5, 6, 9, 12), range(300)


@pytest.mark.parametrize("seed", [*EVERYDAY, *(pytest.param(seed, marks=pytest.mark.soak) for seed in LONG)])
def test_judged_once_for_all_alike_is_judged_one_by_one(seed: int) -> None:
    assert list(differences(organization(random.Random(seed)))) == []
