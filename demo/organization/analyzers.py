"""Access Analyzer's analyzers, and the findings derived from the contents of the accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from demo.organization.charter import SECURITY
from demo.organization.identity_center import uuid
from demo.organization.model import Account, Analyzer, Role
from demo.organization.model_organization import Organization
from demo.organization.scene import Scene

Finding = dict[str, Any]
UNUSED_DAYS = 90
CROWN_JEWELS = ("arn:aws:s3:::halden-payments-core-orders", "arn:aws:s3:::halden-data-lake-orders")


def add_analyzer(
    scene: Scene, account: Account, name: str, kind: str, *, region: str = "us-east-1", days: int = 300
) -> Analyzer:
    analyzer = Analyzer(
        name=name,
        arn=f"arn:aws:access-analyzer:{region}:{account.id}:analyzer/{name}",
        kind=kind,
        region=region,
        created=scene.ago(days, f"{account.name}|{name}"),
        analyzed=scene.lately(f"{account.name}|{name}"),
        tags={"owner": "security"},
    )
    account.analyzers[analyzer.arn] = analyzer
    return analyzer


def install_analyzers(scene: Scene, org: Organization) -> None:
    """The analyzers of the first night: external access for the organization, and a few account analyzers."""
    security = org.account(SECURITY)
    for region in ("us-east-1", "eu-central-1"):
        add_analyzer(scene, security, "organization-external", "ORGANIZATION", region=region, days=390)
    add_analyzer(scene, org.account("payments-core-prod"), "account-external", "ACCOUNT")
    broken = add_analyzer(scene, org.account("sandbox-lindqvist"), "account-external", "ACCOUNT")
    broken.status, broken.status_reason = "FAILED", "SERVICE_LINKED_ROLE_CREATION_FAILED"


def find(scene: Scene, org: Organization) -> None:
    """Fill every analyzer with the findings of the night."""
    for account in org.accounts.values():
        for analyzer in account.analyzers.values():
            covered = org.accounts.values() if analyzer.kind.startswith("ORGANIZATION") else [account]
            active = [a for a in covered if a.state == "ACTIVE"]
            if analyzer.status == "ACTIVE":
                analyzer.findings = [f for a in active for f in _findings(scene, org, analyzer, a)]


def _findings(scene: Scene, org: Organization, analyzer: Analyzer, account: Account) -> Iterator[Finding]:
    if analyzer.kind.endswith("UNUSED_ACCESS"):
        yield from _unused(scene, analyzer, account)
    elif analyzer.kind.endswith("INTERNAL_ACCESS"):
        yield from _internal(scene, analyzer, account)
    else:
        yield from _external(scene, org, analyzer, account)


def _external(scene: Scene, org: Organization, analyzer: Analyzer, account: Account) -> Iterator[Finding]:
    for role in account.roles.values():
        for principal, condition in _outside(org, role):
            detail = {
                "externalAccessDetails": {
                    "action": ["sts:AssumeRole"],
                    "condition": condition,
                    "isPublic": principal == "*",
                    "principal": {"AWS": principal},
                }
            }
            created = role.created + timedelta(hours=1)
            yield _finding(scene, analyzer, account, role.arn, "AWS::IAM::Role", "ExternalAccess", created, detail)


def _outside(org: Organization, role: Role) -> Iterator[tuple[str, dict[str, str]]]:
    """The principals outside the organization that a role trusts, and the conditions."""
    for statement in _list(role.trust["Statement"]):
        principal = statement.get("Principal", {})
        named = _list(principal if isinstance(principal, str) else principal.get("AWS"))
        condition = {
            k: ",".join(map(str, _list(v))) for keys in statement.get("Condition", {}).values() for k, v in keys.items()
        }
        for who in named:
            account_id = who if who.isdigit() else who.split(":")[4] if who.startswith("arn:") else who
            if account_id not in org.accounts and "aws:PrincipalOrgID" not in condition:
                yield who, condition


def _unused(scene: Scene, analyzer: Analyzer, account: Account) -> Iterator[Finding]:
    limit = scene.now - timedelta(days=UNUSED_DAYS)
    for role in account.roles.values():
        used = role.last_used.at if role.last_used else None
        if (used or role.created) < limit and not role.path.startswith("/aws-service-role/"):
            detail = {"unusedIamRoleDetails": _last(used)}
            yield _unused_finding(scene, analyzer, account, role.arn, "AWS::IAM::Role", "UnusedIAMRole", detail)
    for user in account.users.values():
        kind = "AWS::IAM::User"
        for key in user.keys:
            used = key.last_used.at if key.last_used else None
            if key.active and (used or key.created) < limit:
                detail = {"unusedIamUserAccessKeyDetails": {"accessKeyId": key.id} | _last(used)}
                yield _unused_finding(
                    scene, analyzer, account, user.arn, kind, "UnusedIAMUserAccessKey", detail, key.id
                )
        if user.password and (user.password.last_used or user.password.changed) < limit:
            detail = {"unusedIamUserPasswordDetails": _last(user.password.last_used)}
            yield _unused_finding(scene, analyzer, account, user.arn, kind, "UnusedIAMUserPassword", detail)


def _unused_finding(
    scene: Scene,
    analyzer: Analyzer,
    account: Account,
    resource: str,
    kind: str,
    finding: str,
    detail: Any,
    more: str = "",
) -> Finding:
    created = analyzer.created + timedelta(hours=3)
    return _finding(scene, analyzer, account, resource, kind, finding, created, detail, more)


def _internal(scene: Scene, analyzer: Analyzer, account: Account) -> Iterator[Finding]:
    for bucket in CROWN_JEWELS:
        app = bucket.removeprefix("arn:aws:s3:::halden-").rsplit("-", 1)[0]
        if account.name != f"{app}-prod":
            continue
        for role in [r for r in account.roles.values() if any(f"{app}-orders-data" in a for a in r.attached)]:
            detail = {
                "internalAccessDetails": {
                    "action": ["s3:GetObject", "s3:PutObject"],
                    "principal": {"AWS": role.arn},
                    "principalOwnerAccount": account.id,
                    "accessType": "INTRA_ACCOUNT",
                    "principalType": "IAM_ROLE",
                    "resourceControlPolicyRestriction": "APPLICABLE",
                    "serviceControlPolicyRestriction": "APPLICABLE",
                }
            }
            created = analyzer.created + timedelta(hours=3)
            yield _finding(
                scene, analyzer, account, bucket, "AWS::S3::Bucket", "InternalAccess", created, detail, role.name
            )


def _finding(
    scene: Scene,
    analyzer: Analyzer,
    account: Account,
    resource: str,
    kind: str,
    finding: str,
    created: datetime,
    detail: dict[str, Any],
    more: str = "",
) -> Finding:
    """One finding; lists omit ``findingDetails``, GetFindingV2 returns it."""
    return {
        "id": uuid(scene, f"{analyzer.arn}|{resource}|{finding}|{detail if finding == 'ExternalAccess' else more}"),
        "resource": resource,
        "resourceType": kind,
        "resourceOwnerAccount": account.id,
        "findingType": finding,
        # A tenth of what is known was looked at and archived.
        "status": "ARCHIVED" if scene.number(f"archived|{resource}", 10) == 0 else "ACTIVE",
        "createdAt": created,
        "updatedAt": created,
        "analyzedAt": analyzer.analyzed or created,
        "findingDetails": [detail],
    }


def _last(used: datetime | None) -> dict[str, Any]:
    return {"lastAccessed": used} if used else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
