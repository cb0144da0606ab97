"""The state of each night, and the changes since the night before.

The state of a night is built from scratch: the organization is created, its accounts filled, the defects added,
and every change up to that night applied. Ages and last uses depend only on the date.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from demo.organization.accounts import GOOD_PASSWORDS, add_reader, furnish
from demo.organization.analyzers import CROWN_JEWELS, add_analyzer, find, install_analyzers
from demo.organization.charter import READER_ROLE, SECURITY
from demo.organization.defects_access import ACCESS_DEFECTS
from demo.organization.defects_credentials import CREDENTIAL_DEFECTS
from demo.organization.defects_trust import TRUST_DEFECTS
from demo.organization.documents import allow, saml_trust
from demo.organization.dumps import load_bluefin, load_tinsmith
from demo.organization.founding import found
from demo.organization.identity_center import open_identity_center
from demo.organization.kit import FIDO, VIRTUAL, Kit
from demo.organization.model import PolicyVersion
from demo.organization.model_organization import Organization
from demo.organization.oversight import add_permission_sets, expose
from demo.organization.scene import NIGHTS, Scene

DUMPS = {"bluefin-platform": load_bluefin, "tinsmith-web": load_tinsmith}
WITHOUT_READER = "marketing-campaigns"


@dataclass(frozen=True)
class Stage:
    """The organization while a change is applied to it."""

    scene: Scene
    org: Organization

    def kit(self, account: str) -> Kit:
        return Kit(self.scene, self.org, self.org.account(account))


@dataclass(frozen=True)
class Change:
    """A permanent change between the previous night and this one."""

    night: int
    text: str
    apply: Callable[[Stage], None]


def lena_leaves(stage: Stage) -> None:
    del stage.org.account("data-lake-dev").users["lena.vogt"]


def analyzer_falls_behind(stage: Stage) -> None:
    """For one night only: the next scan is on time again."""
    if stage.scene.night == 2:
        for analyzer in stage.org.account(SECURITY).analyzers.values():
            analyzer.analyzed = stage.scene.ago(3, analyzer.name)


def root_sessions_are_enabled(stage: Stage) -> None:
    stage.org.features.append("RootSessions")


def telemetry_admin_gets_mfa(stage: Stage) -> None:
    kit = stage.kit("legacy-telemetry")
    kit.mfa(kit.account.users["telemetry-admin"], VIRTUAL, days=-1)


def password_policy_is_fixed(stage: Stage) -> None:
    stage.org.account("data-lake-dev").password_policy = dict(GOOD_PASSWORDS)


def unused_access_analyzer_starts(stage: Stage) -> None:
    analyzer = add_analyzer(
        stage.scene, stage.org.account(SECURITY), "organization-unused", "ORGANIZATION_UNUSED_ACCESS", days=-2
    )
    analyzer.configuration = {"unusedAccess": {"unusedAccessAge": 90, "analysisRule": {"exclusions": []}}}


def harborlight_shop_joins(stage: Stage) -> None:
    """Nothing to apply: see ``joins`` in charter.toml and ``EMPTY`` in accounts.py."""


def training_account_is_suspended(stage: Stage) -> None:
    account = stage.org.account("sandbox-training")
    account.state, account.parent = "SUSPENDED", stage.org.unit("Suspended").id


def orders_policy_is_widened(stage: Stage) -> None:
    """A hurried fix: any S3 action on any bucket."""
    _add_version(stage, "retail-orders-prod", "retail-orders-orders-data", allow("s3:*"))


def trail_protection_is_weakened(stage: Stage) -> None:
    if stage.scene.night == 5:
        policy = stage.org.policy("protect-trails")
        document = json.loads(policy.content)
        document["Statement"][0]["Action"].remove("cloudtrail:StopLogging")
        policy.content = json.dumps(document, indent=2)


def alvarez_loses_mfa(stage: Stage) -> None:
    """For two nights; on the eighth a new device is there."""
    account = stage.org.account("sandbox-alvarez")
    account.users["maria.alvarez"].mfa.clear()


def telemetry_root_key_is_deleted(stage: Stage) -> None:
    stage.org.account("legacy-telemetry").root.keys.clear()


def orders_policy_is_narrowed(stage: Stage) -> None:
    """The second version is the default again; the third is deleted."""
    policy = stage.org.account("retail-orders-prod").policies["retail-orders-orders-data"]
    policy.versions.pop(0)
    policy.default = policy.versions[0].id
    policy.updated = stage.scene.ago(-4, "orders-narrowed")


def internal_access_analyzer_starts(stage: Stage) -> None:
    account = stage.org.account(SECURITY)
    analyzer = add_analyzer(stage.scene, account, "crown-jewels", "ORGANIZATION_INTERNAL_ACCESS", days=-4)
    rule = {"inclusions": [{"resourceArns": list(CROWN_JEWELS)}]}
    analyzer.configuration = {"internalAccess": {"analysisRule": rule}}


def settlement_key_is_rotated(stage: Stage) -> None:
    kit = stage.kit("payments-core-prod")
    user = kit.account.users["svc-settlement"]
    user.keys.clear()
    kit.access_key(user, days=-5, service="s3")
    key = user.keys[0]
    if key.last_used and key.last_used.at < key.created:
        key.last_used.at = key.created + timedelta(hours=1)


def sandbox_root_is_denied(stage: Stage) -> None:
    stage.org.unit("Sandbox").policies.append(stage.org.policy("deny-root").id)


def stray_instance_is_deleted(stage: Stage) -> None:
    stage.org.instances = [i for i in stage.org.instances if i.owner == stage.org.management_id]


def migration_role_is_removed(stage: Stage) -> None:
    del stage.org.account("retail-storefront-prod").roles["storefront-v1-migration"]


def harborlight_gets_single_sign_on(stage: Stage) -> None:
    kit = stage.kit("harborlight-erp")
    provider = kit.saml_provider("HarborlightLogin", days=-6)
    kit.role("harborlight-staff", saml_trust(provider.arn), attached=["ViewOnlyAccess"], days=-6, every=None)


def novak_leaves(stage: Stage) -> None:
    stage.org.people["t.novak"].enabled = False


def alvarez_gets_a_new_key(stage: Stage) -> None:
    kit = stage.kit("sandbox-alvarez")
    kit.mfa(kit.account.users["maria.alvarez"], FIDO, days=-6)


def _add_version(stage: Stage, account: str, policy: str, statement: dict[str, object]) -> None:
    found_policy = stage.org.account(account).policies[policy]
    latest = found_policy.versions[0]
    created = stage.scene.ago(-3, f"{account}|{policy}")
    document = {**latest.document, "Statement": [*latest.document["Statement"], statement]}
    version = PolicyVersion(f"v{int(latest.id[1:]) + 1}", document, created)
    found_policy.versions.insert(0, version)
    found_policy.default, found_policy.updated = version.id, created


CHANGES = (
    Change(2, "Lena Vogt leaves; her user in data-lake-dev is deleted", lena_leaves),
    Change(
        2, "the organization's external analyzer has not scanned for two days (this night only)", analyzer_falls_behind
    ),
    Change(3, "RootSessions is enabled beside RootCredentialsManagement", root_sessions_are_enabled),
    Change(3, "telemetry-admin in legacy-telemetry gets a virtual MFA device", telemetry_admin_gets_mfa),
    Change(3, "data-lake-dev's password policy is set to the standard", password_policy_is_fixed),
    Change(4, "harborlight-shop joins the organization, in Acquired, and is empty", harborlight_shop_joins),
    Change(4, "an organization-wide unused-access analyzer is started", unused_access_analyzer_starts),
    Change(5, "sandbox-training is suspended and moved to Suspended", training_account_is_suspended),
    Change(5, "retail-orders-prod: retail-orders-orders-data is widened to s3:* on *", orders_policy_is_widened),
    Change(5, "protect-trails no longer denies StopLogging (this night only)", trail_protection_is_weakened),
    Change(6, "legacy-telemetry's root key is deleted", telemetry_root_key_is_deleted),
    Change(6, "retail-orders-prod: the widened policy is taken back", orders_policy_is_narrowed),
    Change(6, "an internal-access analyzer watches the crown jewels", internal_access_analyzer_starts),
    Change(6, "maria.alvarez in sandbox-alvarez loses her MFA device", alvarez_loses_mfa),
    Change(7, "svc-settlement's key in payments-core-prod is rotated", settlement_key_is_rotated),
    Change(7, "deny-root is attached to Sandbox", sandbox_root_is_denied),
    Change(7, "the stray Identity Center instance in sandbox-hackday is deleted", stray_instance_is_deleted),
    Change(8, "retail-storefront-prod: the unused role storefront-v1-migration is removed", migration_role_is_removed),
    Change(8, "harborlight-erp gets a SAML provider and a role that trusts it", harborlight_gets_single_sign_on),
    Change(8, "Tomas Novak is disabled in the identity store", novak_leaves),
    Change(8, "maria.alvarez has MFA again", alvarez_gets_a_new_key),
)


def changes_as_table() -> str:
    """The changes as a Markdown table, a row per night."""
    lines = ["| night | date | what changed since the night before |", "|---|---|---|"]
    for night in range(2, NIGHTS + 1):
        texts = "; ".join(c.text for c in CHANGES if c.night == night)
        lines.append(f"| {night} | {Scene(0, night).day} | {texts} |")
    return "\n".join(lines)


def organization_on(scene: Scene) -> Organization:
    """The whole organization on the scene's night."""
    org = found(scene)
    open_identity_center(scene, org)
    add_permission_sets(scene, org)
    for account in org.accounts.values():
        kit = Kit(scene, org, account)
        if account.name in DUMPS:
            DUMPS[account.name](kit)
            add_reader(kit)
            continue
        furnish(kit)
        for defects in (CREDENTIAL_DEFECTS, ACCESS_DEFECTS, TRUST_DEFECTS):
            if account.name in defects:
                defects[account.name](kit)
    del org.account(WITHOUT_READER).roles[READER_ROLE]
    install_analyzers(scene, org)
    for change in CHANGES:
        if change.night <= scene.night:
            change.apply(Stage(scene, org))
    find(scene, org)
    expose(scene, org)
    return org
