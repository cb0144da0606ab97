"""Oversight of the accounts: trails, traces of policy checks, buckets with their policies, archive rules.

Derived from the account, so nothing has to be stored; only findings and permission sets are added to the state.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from demo.emulator.extensions.account import REGIONS
from demo.organization.accounts import EMPTY
from demo.organization.analyzers import Finding, add_analyzer
from demo.organization.charter import ACCOUNTS, READER_ROLE, SECURITY
from demo.organization.documents import allow, document
from demo.organization.identity_center import uuid
from demo.organization.kit import Kit
from demo.organization.model import Account, Analyzer, Document
from demo.organization.model_organization import Organization, PermissionSet
from demo.organization.scene import Scene
from demo.organization.workloads import CLOUDABILITY

ALL_EVENTS = {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]}
WRITES_ONLY = {"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True, "DataResources": []}]}
ADVANCED = {
    "AdvancedEventSelectors": [
        {"Name": "Everything managed", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
    ]
}
# Account -> (name, every region, recording, selectors) of its own trail; others have the one that is rolled out.
TRAILS: dict[str, tuple[str, bool, bool, dict[str, Any]] | None] = {
    "bluefin-platform": None,
    "tinsmith-web": ("tinsmith-trail", False, True, ALL_EVENTS),
    "legacy-telemetry": ("telemetry-audit", True, False, ALL_EVENTS),
    "sandbox-hackday": ("hackday", True, True, WRITES_ONLY),
    "harborlight-erp": ("audit", True, True, ADVANCED),
}
ROLLED_OUT = ("organization-trail", True, True, ALL_EVENTS)

# Accounts whose pipelines check policies before they are put in force, and how.
CHECKED = {
    "ci-runners": "ValidatePolicy",
    "retail-orders-dev": "CheckNoNewAccess",
    "payments-core-dev": "CheckAccessNotGranted",
    "payments-core-prod": "CreateAccessPreview",
    "policy-staging": "ValidatePolicy",
}
PUBLIC_BUCKETS = {"tinsmith-web": "tinsmith-web-assets", "retail-storefront-prod": "halden-retail-storefront-assets"}
# Regions that the organization's analyzers leave out.
UNWATCHED = ("eu-west-3", "sa-east-1")
# Keeps even its own account from reading its policy.
SEALED_BUCKET = "halden-partner-vault"


def trail(account: Account) -> tuple[str, bool, bool, dict[str, Any]] | None:
    """The account's own trail: name, whether multi-Region, whether logging, and its selectors."""
    return TRAILS.get(account.name, ROLLED_OUT)


def events(scene: Scene, account: Account, name: str) -> list[dict[str, Any]]:
    """CloudTrail events of one operation: calls by the account's pipeline, and by the reader itself."""
    events = []
    if name == "ValidatePolicy" and READER_ROLE in account.roles:
        events.append(_event(scene, account, name, READER_ROLE, days=1))
    if CHECKED.get(account.name) == name:
        events.append(_event(scene, account, name, "policy-pipeline", days=6))
    return events


def _event(scene: Scene, account: Account, name: str, role: str, days: int) -> dict[str, Any]:
    at: datetime = scene.now - timedelta(days=days)
    issuer = {"type": "Role", "userName": role, "arn": f"arn:aws:iam::{account.id}:role/{role}"}
    record = {
        "eventName": name,
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "userAgent": "Boto3/1.44",
        "userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": issuer}},
    }
    return {
        "EventId": uuid(scene, f"event|{account.id}|{name}|{role}"),
        "EventName": name,
        "EventTime": at,
        "EventSource": "access-analyzer.amazonaws.com",
        "Username": role,
        "CloudTrailEvent": json.dumps(record),
    }


def buckets(account: Account) -> dict[str, Document | None]:
    """The account's buckets and their policies."""
    name, (unit, environment, _, _) = account.name, ACCOUNTS[account.name]
    if name == EMPTY:
        return {}
    if environment == "sandbox":
        return {f"halden-{name}-playground": None}
    if unit.startswith("Workloads"):
        stem = f"halden-{name.rsplit('-', 1)[0] if environment == 'prod' else name}"
        policies: dict[str, Document | None] = {f"{stem}-orders": None, f"{stem}-artifacts": None}
    else:
        stem = f"halden-{name}"
        policies = {f"{stem}-data": only_tls(f"{stem}-data")}
    if name in PUBLIC_BUCKETS:
        policies[PUBLIC_BUCKETS[name]] = document(_everybody(PUBLIC_BUCKETS[name]))
    if name == "partner-exchange":
        # Objects only: lists of them may still be asked for in plain text.
        policies[f"{stem}-data"] = only_tls(f"{stem}-data", with_bucket=False)
        policies[SEALED_BUCKET] = only_tls(SEALED_BUCKET)
    if name in ("bluefin-platform", "legacy-telemetry"):
        policies[f"{stem}-data"] = None
    return policies


def only_tls(bucket: str, with_bucket: bool = True) -> Document:
    arn = f"arn:aws:s3:::{bucket}"
    statement = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"] if with_bucket else f"{arn}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return document(statement)


def _everybody(bucket: str) -> Document:
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}


def archive_rules(scene: Scene, analyzer: Analyzer) -> list[dict[str, Any]]:
    """For the organization, a narrow rule and one that hides too much; for an account, one without an owner."""
    rules: dict[str, dict[str, Any]] = {}
    if analyzer.kind == "ORGANIZATION":
        narrow = {"principal.AWS": {"eq": [CLOUDABILITY]}, "isPublic": {"eq": ["false"]}}
        rules = {"cloud-cost-vendor": narrow, "bucket-noise": {"resourceType": {"eq": ["AWS::S3::Bucket"]}}}
    if analyzer.kind == "ACCOUNT" and analyzer.status == "ACTIVE":
        rules = {"bank-gateway": {"principal.AWS": {"contains": ["210987000111"]}, "isPublic": {"eq": ["false"]}}}
    created = scene.ago(120, f"archive-rules|{analyzer.arn}")
    return [
        {"ruleName": name, "filter": rule, "createdAt": created, "updatedAt": created} for name, rule in rules.items()
    ]


def previews(scene: Scene, account: Account, analyzer: Analyzer) -> list[dict[str, Any]]:
    if CHECKED.get(account.name) != "CreateAccessPreview":
        return []
    preview_id = uuid(scene, f"preview|{analyzer.arn}")
    return [
        {
            "id": preview_id,
            "analyzerArn": analyzer.arn,
            "createdAt": scene.now - timedelta(days=6),
            "status": "COMPLETED",
        }
    ]


def add_permission_sets(scene: Scene, org: Organization) -> None:
    """Add two that can write to IAM, one without a boundary, and an assignment to a deleted user."""
    team = [("GROUP", org.teams["security-analysts"].id)]
    operator = _permission_set(scene, org, "IdentityOperator", "PT12H")
    operator.aws_policies = ["arn:aws:iam::aws:policy/IAMFullAccess"]
    builder = _permission_set(scene, org, "RoleBuilder", "PT8H")
    builder.inline = document(allow(["iam:CreateRole", "iam:PutRolePolicy"], "arn:aws:iam::*:role/app/*"))
    builder.boundary = {"CustomerManagedPolicyReference": {"Name": "workload-boundary", "Path": "/"}}
    for permission_set in (operator, builder):
        permission_set.assignments[org.account("policy-staging").id] = list(team)
    gone = f"9067{scene.number('gone', 16**6):06x}-{uuid(scene, 'gone')}"
    audit = org.instances[0].permission_sets["SecurityAudit"]
    audit.assignments[org.account("log-archive").id].append(("USER", gone))


def _permission_set(scene: Scene, org: Organization, name: str, session: str) -> PermissionSet:
    instance = org.instances[0]
    mark = instance.arn.rsplit("/", 1)[-1]
    permission_set = PermissionSet(
        name=name,
        arn=f"arn:aws:sso:::permissionSet/{mark}/ps-{scene.token(f'set|{name}', 16).lower()}",
        created=scene.ago(90, f"set|{name}"),
        description="Roles and policies on trial",
        session=session,
    )
    instance.permission_sets[name] = permission_set
    return permission_set


def expose(scene: Scene, org: Organization) -> None:
    """Add a trust policy whose condition always holds, and findings on public buckets, one restricted by an RCP."""
    kit = Kit(scene, org, org.account("policy-staging"))
    own = {"AWS": kit.arn("role", "PlatformAutomation")}
    always = {"ForAllValues:StringEquals": {"aws:PrincipalArn": kit.arn("role", "PlatformAutomation")}}
    statement = {"Effect": "Allow", "Principal": own, "Action": "sts:AssumeRole", "Condition": always}
    kit.role("policy-trial", document(statement), tags={"owner": "security"}, every=5)
    security = org.account(SECURITY)
    for region in REGIONS.split(","):
        if region not in UNWATCHED and not any(a.region == region for a in security.analyzers.values()):
            add_analyzer(scene, security, "organization-external", "ORGANIZATION", region=region, days=390)
    for analyzer in security.analyzers.values():
        if analyzer.kind == "ORGANIZATION" and analyzer.status == "ACTIVE" and analyzer.region == "us-east-1":
            for name, bucket in PUBLIC_BUCKETS.items():
                analyzer.findings.append(_public(scene, analyzer, org.account(name), bucket))


def _public(scene: Scene, analyzer: Analyzer, account: Account, bucket: str) -> Finding:
    is_acquired = ACCOUNTS[account.name].unit == "Acquired"
    detail = {
        "action": ["s3:GetObject"],
        "condition": {},
        "isPublic": True,
        "principal": {"AWS": "*"},
        "resourceControlPolicyRestriction": "NOT_APPLICABLE" if is_acquired else "APPLIED",
    }
    created = scene.ago(12, f"public|{bucket}")
    return {
        "id": uuid(scene, f"{analyzer.arn}|{bucket}|public"),
        "resource": f"arn:aws:s3:::{bucket}",
        "resourceType": "AWS::S3::Bucket",
        "resourceOwnerAccount": account.id,
        "findingType": "ExternalAccess",
        "status": "ACTIVE",
        "createdAt": created,
        "updatedAt": created,
        "analyzedAt": analyzer.analyzed or created,
        "findingDetails": [{"externalAccessDetails": detail}],
    }
