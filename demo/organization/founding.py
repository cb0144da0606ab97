"""The organization: its units, accounts, guardrails and delegations, before any account is furnished."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from demo.organization.charter import (
    ACCOUNT_POLICIES,
    ACCOUNTS,
    DELEGATIONS,
    DOMAIN,
    EXTERNAL_ID,
    FULL_ACCESS,
    INVITED,
    JOINS,
    MANAGEMENT,
    PLACEHOLDERS,
    POLICIES,
    RCP,
    READER_ROLE,
    SCP,
    SECURITY,
    STATES,
    TRUSTED,
    UNITS,
)
from demo.organization.model import Account
from demo.organization.model_organization import Delegation, Organization, OrgPolicy, Unit
from demo.organization.scene import Scene


def found(scene: Scene) -> Organization:
    """The new organization: everything except the contents of the accounts."""
    org_id = f"o-{scene.token('organization', 10).lower()}"
    ids = {name: scene.account_id(name) for name in ACCOUNTS if JOINS.get(name, 1) <= scene.night}
    units = _units(scene)
    accounts = [_account(scene, name, account_id, units) for name, account_id in ids.items()]
    org = Organization(
        id=org_id,
        management_id=ids[MANAGEMENT],
        units={u.id: u for u in units.values()},
        accounts={a.id: a for a in accounts},
        policies=_policies(scene, org_id),
        policy_types=[SCP, RCP, "AISERVICES_OPT_OUT_POLICY", "TAG_POLICY"],
        features=["RootCredentialsManagement"],
        external_id=EXTERNAL_ID,
    )
    _attach(org, units)
    _delegate(scene, org)
    return org


def _units(scene: Scene) -> dict[str, Unit]:
    mark = scene.token("root", 4).lower()
    units = {"": Unit(f"r-{mark}", "Root", None)}
    for path in list(UNITS)[1:]:
        above, _, name = path.rpartition("/")
        unit_id = f"ou-{mark}-{scene.token(f'ou|{path}', 8).lower()}"
        units[path] = Unit(unit_id, name, units[above].id)
    return units


def _account(scene: Scene, name: str, account_id: str, units: dict[str, Unit]) -> Account:
    path, environment, business_unit, owner = ACCOUNTS[name]
    domain = "bluefin-old.example.com" if name == "bluefin-platform" else DOMAIN
    tags = {
        "environment": environment,
        "business_unit": business_unit,
        "cost-center": f"CC-{1000 + scene.number(f'cost|{business_unit}', 9000)}",
    }
    return Account(
        id=account_id,
        name=name,
        email=f"aws+{name}@{domain}",
        parent=units[path].id,
        joined=scene.ago(2 - JOINS[name] if name in JOINS else 500 + scene.number(f"joined|{name}", 1500), name),
        state=STATES.get(name, "ACTIVE"),
        joined_method="INVITED" if name in INVITED else "CREATED",
        tags=tags | ({"owner": owner} if owner else {}),
    )


def _policies(scene: Scene, org_id: str) -> dict[str, OrgPolicy]:
    everything: dict[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policies = []
    for kind, name in FULL_ACCESS.items():
        statement = everything if kind == SCP else {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
        content = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
        policies.append(OrgPolicy(f"p-{name}", name, kind, content, "Allows access to every operation", True))
    for name, (kind, source, description) in POLICIES.items():
        policy_id = f"p-{scene.token(f'policy|{name}', 8).lower()}"
        policies.append(OrgPolicy(policy_id, name, kind, _content(kind, source, org_id), description))
    return {p.id: p for p in policies}


def _content(kind: str, source: str | dict[str, Any], org_id: str) -> str:
    """The policy's text, with the samples' placeholders filled in."""
    if isinstance(source, str):
        folder = "scp" if kind == SCP else "rcp"
        text = resources.files("demo.organization").joinpath("data", folder, f"{source}.json").read_text()
    else:
        text = json.dumps(source, indent=2)
    own = {"[PROTECTED_ROLE_NAME]": READER_ROLE, "<my-org-id>": org_id}
    for placeholder, value in (PLACEHOLDERS | own).items():
        text = text.replace(placeholder, value)
    return text


def _attach(org: Organization, units: dict[str, Unit]) -> None:
    """Attach the two full-access policies everywhere, as AWS does, and the guardrails listed in the charter."""
    full = [f"p-{name}" for name in FULL_ACCESS.values()]
    for path, names in UNITS.items():
        units[path].policies = full + [org.policy(n).id for n in names]
    for account in org.accounts.values():
        names = ACCOUNT_POLICIES.get(account.name, [])
        org.account_policies[account.id] = full + [org.policy(n).id for n in names]


def _delegate(scene: Scene, org: Organization) -> None:
    security = org.account(SECURITY).id
    for service in TRUSTED:
        org.trusted_services[f"{service}.amazonaws.com"] = scene.ago(400, f"trust|{service}")
    for service in DELEGATIONS:
        since = scene.ago(390, f"delegate|{service}")
        org.delegations.append(Delegation(security, f"{service}.amazonaws.com", since))
    statement = {
        "Sid": "PolicyAdministration",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{security}:root"},
        "Action": ["organizations:Describe*", "organizations:List*", "organizations:UpdatePolicy"],
        "Resource": "*",
    }
    org.resource_policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
