"""Identity Center: the organization's instance, its people, teams, permission sets and assignments."""

from __future__ import annotations

from typing import Any

from demo import tables
from demo.organization.charter import ACCOUNTS
from demo.organization.documents import allow, document, trust
from demo.organization.kit import Kit
from demo.organization.model_organization import Organization, PermissionSet, Person, SsoInstance, Team
from demo.organization.scene import Scene

_TABLES = tables.read("demo.organization", "identity_center.toml")
PEOPLE: dict[str, dict[str, Any]] = _TABLES["people"]
SETS: dict[str, dict[str, Any]] = _TABLES["sets"]


def open_identity_center(scene: Scene, org: Organization) -> None:
    """Create the organization instance with its contents, and one stray instance in a sandbox account."""
    mark = scene.token("sso-instance", 16).lower()
    instance = SsoInstance(
        arn=f"arn:aws:sso:::instance/ssoins-{mark}",
        store_id=f"d-{scene.token('store', 10).lower()}",
        owner=org.management_id,
        created=scene.ago(900, "sso-instance"),
        name="halden-group",
    )
    _people(scene, org)
    for name in SETS:
        instance.permission_sets[name] = _permission_set(scene, org, instance, name)
    org.instances = [instance, _stray(scene, org)]


def _stray(scene: Scene, org: Organization) -> SsoInstance:
    mark = scene.token("stray-instance", 16).lower()
    return SsoInstance(
        arn=f"arn:aws:sso:::instance/ssoins-{mark}",
        store_id=f"d-{scene.token('stray-store', 10).lower()}",
        owner=org.account("sandbox-hackday").id,
        created=scene.ago(41, "stray-instance"),
        name="hackday-logins",
    )


def _people(scene: Scene, org: Organization) -> None:
    for login, person in PEOPLE.items():
        is_enabled = login not in _TABLES["disabled"]
        email = f"{login}@halden.example"
        org.people[login] = Person(_store_id(scene, login), login, person["name"], email, is_enabled)
    for team in sorted({team for person in PEOPLE.values() for team in person["teams"]}):
        members = [org.people[login].id for login, person in PEOPLE.items() if team in person["teams"]]
        org.teams[team] = Team(_store_id(scene, team), team, members)


def _store_id(scene: Scene, key: str) -> str:
    """Identity store ids are a short prefix and a UUID."""
    return f"9067{scene.number(f'store|{key}', 16**6):06x}-{uuid(scene, key)}"


def uuid(scene: Scene, key: str) -> str:
    digits = f"{scene.number(f'uuid-a|{key}', 16**16):016x}{scene.number(f'uuid-b|{key}', 16**15):016x}"
    return "-".join([digits[:8], digits[8:12], "4" + digits[13:16], "a" + digits[17:20], digits[20:32]])


def _permission_set(scene: Scene, org: Organization, instance: SsoInstance, name: str) -> PermissionSet:
    entry, teams = SETS[name], SETS[name]["teams"]
    mark = instance.arn.rsplit("/", 1)[-1]
    permission_set = PermissionSet(
        name=name,
        arn=f"arn:aws:sso:::permissionSet/{mark}/ps-{scene.token(f'set|{name}', 16).lower()}",
        created=scene.ago(800, f"set|{name}"),
        description=f"{name} for {', '.join(teams) or 'nobody yet'}",
        session=entry["session"],
        aws_policies=[f"arn:aws:iam::aws:policy/{policy}" for policy in entry["policies"]],
    )
    if name == "PowerUserAccess":
        permission_set.inline = document(allow("iam:PassRole", "arn:aws:iam::*:role/app/*"))
        permission_set.boundary = {"CustomerManagedPolicyReference": {"Name": "workload-boundary", "Path": "/"}}
    for account in org.accounts.values():
        is_member = account.state == "ACTIVE" and has_single_sign_on(account.name)
        if is_member and ACCOUNTS[account.name].environment in entry["environments"]:
            permission_set.assignments[account.id] = [("GROUP", org.teams[t].id) for t in teams]
    # One assignment to a person instead of a team, the way it should not be.
    if name == "AdministratorAccess":
        shared = org.account("shared-services").id
        permission_set.assignments[shared].append(("USER", org.people["t.novak"].id))
    return permission_set


def has_single_sign_on(name: str) -> bool:
    return name not in _TABLES["without_single_sign_on"]


def provision(kit: Kit) -> None:
    """Add the SAML provider and the roles that Identity Center maintains in an account."""

    mark = kit.scene.token("sso-provider", 16).lower()
    provider = kit.saml_provider(f"AWSSSO_{mark}_DO_NOT_DELETE", valid_days=3000)
    for permission_set in kit.org.instances[0].permission_sets.values():
        if kit.account.id not in permission_set.assignments:
            continue
        suffix = kit.scene.token(kit.key("sso", permission_set.name), 16).lower()
        role = kit.role(
            f"AWSReservedSSO_{permission_set.name}_{suffix}",
            trust(
                {"Federated": provider.arn},
                ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                StringEquals={"SAML:aud": "https://signin.aws.amazon.com/saml"},
            ),
            path="/aws-reserved/sso.amazonaws.com/",
            attached=permission_set.aws_policies,
            every=5 if permission_set.name == "AdministratorAccess" else 1,
            hours=int(permission_set.session[2:-1]),
            days=380,
        )
        if permission_set.inline:
            role.inline["AwsSSOInlinePolicy"] = permission_set.inline
            role.boundary = kit.arn("policy", "workload-boundary")
