"""Random changes of policies, and how they are made in the emulator's organization: nothing of the rehearsal's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from demo.organization.model import Account, Document, Policy, PolicyVersion, Principal, Role
from demo.organization.model_organization import Organization, OrgPolicy
from pipeline.rehearse.change import Kind

KINDS: dict[str, str] = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
OF_AWS = ("/aws-service-role/", "/aws-reserved/")
WIDE = ("*", "s3:*", "ec2:*", "iam:*", "kms:*", "sts:*", "lambda:*", "secretsmanager:*", "sqs:*")
NARROW = (
    "ec2:RunInstances", "ec2:TerminateInstances", "s3:DeleteBucket", "s3:PutBucketPolicy", "s3:GetObject",
    "iam:CreateUser", "iam:CreateAccessKey", "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:PassRole",
    "iam:CreatePolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:*LoginProfile", "sts:AssumeRole",
    "lambda:CreateFunction", "lambda:Update*", "kms:ScheduleKeyDeletion", "kms:Decrypt", "cloudtrail:StopLogging",
    "cloudtrail:DeleteTrail", "guardduty:Delete*", "organizations:LeaveOrganization", "account:Put*",
    "s3:PutAccountPublicAccessBlock", "access-analyzer:DeleteAnalyzer", "iam:DeleteRolePermissionsBoundary",
)  # fmt: skip
RESOURCES = (
    "*",
    "*",
    "*",
    "arn:aws:s3:::halden-*",
    "arn:aws:iam::*:role/random-*",
    "arn:aws:iam::*:user/${aws:username}",
)


@dataclass(frozen=True)
class Asked:
    """What `rolecall rehearse` is asked: `files` are names with documents."""

    kind: Kind
    at: str
    files: dict[str, Document]
    replaced: tuple[str, ...] = ()
    detached: tuple[str, ...] = ()


def document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


# -- documents


def is_false(key: str) -> Document:
    return {"BoolIfExists": {key: "false"}}


def condition(random: Random, org: Organization | None = None) -> Document:
    accounts = sorted(org.accounts) if org else ["111111111111"]
    account, organization = random.choice(accounts), org.id if org else "o-example"
    excepted = f"arn:aws:iam::{account}:role/random-1"
    return random.choice(
        (
            {},
            {},
            {},
            {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-central-1"]}},
            {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
            {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/Platform*", excepted]}},
            {"StringNotEquals": {"aws:PrincipalTag/team": "blue"}},
            {"StringEquals": {"aws:PrincipalAccount": account}},
            {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            {"Bool": {"aws:SecureTransport": "false"}},
            {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": organization},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
            {"StringNotEqualsIfExists": {"aws:ResourceOrgID": organization}},
            {
                "NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"},
                "BoolIfExists": {"aws:ViaAWSService": "false"},
            },
            {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
            {"Null": {"iam:PermissionsBoundary": "true"}},
        )
    )


def granted(random: Random, org: Organization | None = None) -> Iterator[Document]:
    """Statements of an identity policy or boundary."""
    for _ in range(random.randint(1, 3)):
        yield statement(random, org, "Allow")
    if random.random() < 0.3:
        yield statement(random, org, "Deny")


def statement(random: Random, org: Organization | None, effect: str, **more: Any) -> Document:
    actions = random.sample(NARROW, random.randint(1, 4)) + random.sample(WIDE[1:], random.randint(0, 1))
    if random.random() < 0.06:
        actions = ["*"]
    element = "NotAction" if random.random() < 0.12 and actions != ["*"] else "Action"
    where = condition(random, org)
    chosen = {"Effect": effect, **more, element: actions, "Resource": random.choice(RESOURCES)}
    return chosen | ({"Condition": where} if where else {})


def trust(random: Random, org: Organization) -> Document:
    account = random.choice(sorted(org.accounts))
    who, more = random.choice(
        (
            ({"Service": "lambda.amazonaws.com"}, {}),
            ({"Service": ["ec2.amazonaws.com", "ssm.amazonaws.com"]}, {}),
            ({"Service": "scheduler.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": account}}),
            ({"AWS": f"arn:aws:iam::{account}:root"}, {}),
            ({"AWS": f"arn:aws:iam::{account}:role/random-0"}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": org.id}}),
            ({"AWS": "*"}, {}),
            ({"AWS": "444455556666"}, {"StringEquals": {"sts:ExternalId": "zq7"}}),
            ({"AWS": ["444455556666", account]}, {}),
        )
    )
    entry = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
    return document(entry | ({"Condition": more} if more else {}))


def _control_policy(random: Random, org: Organization, kind: str) -> Document:
    if kind == "scp":
        statements = [statement(random, org, "Deny") for _ in range(random.randint(1, 2))]
        if random.random() < 0.3:
            statements.append({"Effect": "Allow", "Action": random.choice(("*", WIDE[1:])), "Resource": "*"})
        if random.random() < 0.2:
            statements.append(only_in(random.sample(("us-east-1", "eu-central-1", "us-west-2"), 2)))
        return document(*statements)
    made = statement(random, org, "Deny", Principal="*")
    made["Resource"] = "*"
    made.pop("NotAction", None)
    made["Action"] = random.choice(
        ("*", ["s3:*", "sts:*"], ["sts:AssumeRole*"], "s3:*", ["kms:*", "sqs:*", "s3:Delete*"])
    )
    return document(made)


def only_in(regions: list[str]) -> Document:
    """Closes all other Regions, but for services that answer from one."""
    where = {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", *regions]}}
    return {"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "s3:*"], "Resource": "*", "Condition": where}


# -- changes


def random_change(random: Random, org: Organization, name: str) -> Asked:
    """A kind, a target and what is attached, replaced or detached there."""
    while True:
        kind: Kind = random.choice(
            ("scp", "scp", "scp", "rcp", "rcp", "boundary", "identity", "identity", "trust", "permission-set")
        )
        how = random.choice(("attach", "attach", "attach", "replace", "detach"))
        made = _OF[kind](random, org, kind, how, name)
        if made:
            return made


def _in_tree(random: Random, org: Organization, kind: Kind, how: str, name: str) -> Asked | None:
    unit, account = random.choice(list(org.units.values())), random.choice(_active(org))
    places = [("root", org.root_id), (account.id, account.id), (account.name, account.id), (unit.id, unit.id)]
    if unit.parent:
        places.append(("/" + "/".join(org.names_above(unit.id)), unit.id))
    at, key = random.choice(places)
    held = [org.policies[one] for one in org.attached_to(key) if org.policies[one].kind == KINDS[kind]]
    if kind == "rcp":
        held = [one for one in held if not one.aws_managed]
    files = {f"{name}-{number}": _control_policy(random, org, kind) for number in range(random.choice((1, 1, 1, 2)))}
    return _asked(random, kind, at, files, how, [random.choice((one.name, one.id)) for one in held])


def _bound(random: Random, org: Organization, kind: Kind, how: str, name: str) -> Asked | None:
    account = random.choice(_active(org))
    people = [one for one in (*account.roles.values(), *account.users.values()) if not one.path.startswith(OF_AWS)]
    at = random.choice(("root", account.id, random.choice(people).arn, random.choice(people).arn))
    stem = random.choice((name, "limit"))
    return Asked(kind, at, {stem: document(*granted(random, org))})


def _identity(random: Random, org: Organization, kind: Kind, how: str, name: str) -> Asked | None:
    account = random.choice(_active(org))
    one: Principal = random.choice(
        [each for each in (*account.roles.values(), *account.users.values()) if not each.path.startswith(OF_AWS)]
    )
    held = [*one.inline, *(random.choice((arn, arn.rpartition("/")[2])) for arn in one.attached)]
    stems = random.sample((name, f"{name}-2", "own"), random.choice((1, 1, 2)))
    return _asked(random, kind, one.arn, {stem: document(*granted(random, org)) for stem in stems}, how, held)


def _trust(random: Random, org: Organization, kind: Kind, how: str, name: str) -> Asked | None:
    account = random.choice(_active(org))
    roles = [one for one in account.roles.values() if not one.path.startswith(OF_AWS) and "Rolecall" not in one.name]
    return Asked(kind, random.choice(roles).arn, {name: trust(random, org)}) if roles else None


def _permission_set(random: Random, org: Organization, kind: Kind, how: str, name: str) -> Asked | None:
    one = random.choice(list(org.instances[0].permission_sets.values()))
    held = [*(["inline"] if one.inline else []), *(arn.rpartition("/")[2] for arn in one.aws_policies)]
    at = random.choice((one.name, one.arn))
    return _asked(random, kind, at, {name: document(*granted(random, org))}, how, held)


_OF: dict[str, Any] = {
    "scp": _in_tree,
    "rcp": _in_tree,
    "boundary": _bound,
    "identity": _identity,
    "trust": _trust,
    "permission-set": _permission_set,
}


def _asked(random: Random, kind: Kind, at: str, files: dict[str, Document], how: str, held: list[str]) -> Asked | None:
    if how == "attach":
        return Asked(kind, at, files)
    if not held:
        return None
    named = (random.choice(held),)
    return Asked(kind, at, files, replaced=named) if how == "replace" else Asked(kind, at, {}, detached=named)


def _active(org: Organization) -> list[Account]:
    return [one for one in org.accounts.values() if one.state == "ACTIVE"]


# -- made


def text(policy: Document) -> str:
    return json.dumps(policy, indent=1)


def make(org: Organization, asked: Asked, at: datetime) -> None:
    """Change the organization as AWS's API would at this moment."""
    {
        "scp": _make_in_tree,
        "rcp": _make_in_tree,
        "boundary": partial(_make_boundary, at=at),
        "identity": _make_identity,
        "trust": _make_trust,
        "permission-set": _make_permission_set,
    }[asked.kind](org, asked)


def _make_in_tree(org: Organization, asked: Asked) -> None:
    key = _place(org, asked.at)
    held = org.units[key].policies if key in org.units else org.account_policies[key]
    for name in (*asked.replaced, *asked.detached):
        held.remove(next(one for one in held if name in (one, org.policies[one].name)))
    for name, policy in asked.files.items():
        digest = hashlib.sha256(f"{name} {text(policy)}".encode()).hexdigest()[:12]
        org.policies[f"p-{digest}"] = OrgPolicy(f"p-{digest}", name, KINDS[asked.kind], text(policy))
        held.append(f"p-{digest}")


def _place(org: Organization, at: str) -> str:
    if at == "root":
        return org.root_id
    if at.startswith("/"):
        return org.unit(at[1:]).id
    return at if at in org.units or at in org.accounts else org.account(at).id


def _make_boundary(org: Organization, asked: Asked, at: datetime) -> None:
    ((name, policy),) = asked.files.items()
    for account in _active(org):
        if not (asked.at.startswith("arn:") or asked.at == "root" or asked.at == account.id):
            continue
        people: list[Principal] = [*account.roles.values(), *account.users.values()]
        bound = [
            one
            for one in people
            if not one.path.startswith(OF_AWS) and (one.arn == asked.at or not asked.at.startswith("arn:"))
        ]
        if bound:
            arn = f"arn:aws:iam::{account.id}:policy/{name}"
            _new_version(account, name, arn, policy, at)
        for one in bound:
            one.boundary = arn


def _new_version(account: Account, name: str, arn: str, policy: Document, at: datetime) -> None:
    old = account.policies.get(name)
    if old is None:
        key = "ANPA" + hashlib.sha256(arn.encode()).hexdigest()[:17].upper()
        account.policies[name] = Policy(name, arn, key, at, at, "v1", [PolicyVersion("v1", policy, at)])
        return
    old.versions.insert(0, PolicyVersion(f"v{len(old.versions) + 1}", policy, at))
    old.default, old.updated = old.versions[0].id, at


def _principal(org: Organization, arn: str) -> Principal:
    account = org.accounts[arn.split(":")[4]]
    return next(one for one in account.principals() if one.arn == arn)


def _make_identity(org: Organization, asked: Asked) -> None:
    one = _principal(org, asked.at)
    for name in (*asked.replaced, *asked.detached):
        _take(one, name)
    one.inline |= asked.files


def _take(one: Principal, name: str) -> None:
    one.inline.pop(name, None)
    one.attached = [arn for arn in one.attached if name not in (arn, arn.rpartition("/")[2])]


def _make_trust(org: Organization, asked: Asked) -> None:
    role = _principal(org, asked.at)
    assert isinstance(role, Role)
    (role.trust,) = asked.files.values()


def _make_permission_set(org: Organization, asked: Asked) -> None:
    chosen = next(one for one in org.instances[0].permission_sets.values() if asked.at in (one.name, one.arn))
    roles = [
        role
        for account in org.accounts.values()
        for role in account.roles.values()
        if role.name.startswith(f"AWSReservedSSO_{chosen.name}_")
    ]
    for name in (*asked.replaced, *asked.detached):
        chosen.inline = None if name == "inline" else chosen.inline
        chosen.aws_policies = [arn for arn in chosen.aws_policies if arn.rpartition("/")[2] != name]
        for role in roles:
            _take(role, "AwsSSOInlinePolicy" if name == "inline" else name)
    for policy in asked.files.values():
        chosen.inline = policy
        for role in roles:
            role.inline["AwsSSOInlinePolicy"] = policy
