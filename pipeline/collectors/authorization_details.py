"""Users, groups, roles and policies of an account, in one paginated operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._values import TAGS, document, tags, utc
from pipeline.schema import ARN, NAME, Column, Dataset, Row, account_column

OPERATION = "iam:GetAccountAuthorizationDetails"
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
# Without AWSManagedPolicy an attached AWS managed policy would be a name without a document.
FILTER = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]
PRINCIPAL_TYPES = ("user", "group", "role")


def _dataset(name: str, description: str, key: tuple[str, ...], *columns: Column, **more: Any) -> Dataset:
    return Dataset(name, description, "account", (OPERATION,), (account_column(), *columns), key=key, **more)


def _identity(kind: str) -> tuple[Column, ...]:
    return (
        Column(f"{kind}_name", "varchar", f"Name of the {kind}", required=True, pattern=NAME),
        Column(f"{kind}_id", "varchar", f"Unique id of the {kind}", required=True),
        Column("arn", "varchar", f"ARN of the {kind}", required=True, pattern=ARN),
        Column("path", "varchar", f"Path of the {kind}, / for none", required=True),
        Column("created_at", "timestamp", f"When the {kind} was created (UTC)", required=True),
    )


BOUNDARY = Column("permissions_boundary_arn", "varchar", "ARN of the permissions boundary; null for none", pattern=ARN)
PRINCIPAL = (
    Column("principal_type", "varchar", "Kind of principal", required=True, values=PRINCIPAL_TYPES),
    Column("principal_name", "varchar", "Name of the principal", required=True),
    Column("principal_arn", "varchar", "ARN of the principal", required=True, pattern=ARN),
)

USERS = _dataset(
    "users",
    "IAM users, without the root user.",
    ("account_id", "arn"),
    *_identity("user"),
    Column("group_names", "varchar[]", "Names of the groups that the user is in", required=True),
    BOUNDARY,
    TAGS,
)
GROUPS = _dataset("groups", "IAM groups.", ("account_id", "arn"), *_identity("group"))
ROLES = _dataset(
    "roles",
    "IAM roles, including service-linked roles.",
    ("account_id", "arn"),
    *_identity("role"),
    Column("trust_document", "json", "Trust policy: who may assume the role", required=True),
    BOUNDARY,
    Column("last_used_at", "timestamp", "When it was last used (UTC), within AWS's tracking period of 400 days"),
    Column("last_used_region", "varchar", "Region in which it was last used"),
    Column("instance_profile_names", "varchar[]", "Names of the instance profiles that contain it", required=True),
    TAGS,
    may_be_empty=False,
)
POLICIES = _dataset(
    "policies",
    "Managed policies: customer managed ones, and the AWS managed ones in use in the account.",
    ("account_id", "arn"),
    Column("policy_name", "varchar", "Name of the policy", required=True),
    Column("policy_id", "varchar", "Unique id of the policy", required=True),
    Column("arn", "varchar", "ARN of the policy", required=True, pattern=ARN),
    Column("path", "varchar", "Path of the policy, / for none", required=True),
    Column("default_version_id", "varchar", "Default version", required=True, pattern=r"v[1-9][0-9]*"),
    Column("attachment_count", "bigint", "Principals that it is attached to", required=True),
    Column(
        "permissions_boundary_usage_count", "bigint", "Principals that have it as permissions boundary", required=True
    ),
    Column("is_attachable", "boolean", "Whether it can be attached", required=True),
    Column("created_at", "timestamp", "When it was created (UTC)", required=True),
    Column("updated_at", "timestamp", "When a version was last made the default (UTC)", required=True),
    Column("version_count", "bigint", "Number of versions", required=True),
    Column("document", "json", "Document of the default version; null where AWS did not give it"),
    gaps_are_told=True,  # an attached policy without a row is one that AWS has retired: who has it is unknown
)
ATTACHMENTS = _dataset(
    "policy_attachments",
    "Managed policies attached to users, groups and roles.",
    ("account_id", "principal_arn", "policy_arn"),
    *PRINCIPAL,
    Column("policy_name", "varchar", "Name of the policy", required=True),
    # AWS retires managed policies that stay attached: they are then in no answer, and no row of `policies`.
    Column("policy_arn", "varchar", "ARN of the policy", required=True, pattern=ARN),
)
INLINE = _dataset(
    "inline_policies",
    "Policies embedded in users, groups and roles.",
    ("account_id", "principal_arn", "policy_name"),
    *PRINCIPAL,
    Column("policy_name", "varchar", "Name of the policy", required=True),
    Column("document", "json", "The policy document", required=True),
)

DATASETS = (USERS, GROUPS, ROLES, POLICIES, ATTACHMENTS, INLINE)
KINDS = ((USERS, "user"), (GROUPS, "group"), (ROLES, "role"), (POLICIES, "policy"))  # in the order of LISTS


def collect(account: Account) -> Rows:
    rows: Rows = {dataset.name: [] for dataset in DATASETS}
    details: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS}
    for page in account.answers(OPERATION, LISTS, Filter=FILTER):
        for name in LISTS:
            details[name] += page.get(name) or []
    for name, (dataset, kind) in zip(LISTS, KINDS, strict=True):

        def read(detail: dict[str, Any], kind: str = kind, dataset: Dataset = dataset) -> Iterator[Row]:
            parts = _made(account.account_id, kind, detail)
            for of, more in parts.items():
                rows[of] += [] if of == dataset.name else more
            yield from parts[dataset.name]

        rows[dataset.name] = each(account, dataset, details[name], read, lambda detail: str(detail.get("Arn", "")))
    return rows


def _made(account_id: str, kind: str, detail: dict[str, Any]) -> Rows:
    """The rows of one user, group, role or policy, by dataset."""
    if kind == "policy":
        return {POLICIES.name: [_policy(account_id, detail)]}
    own = {"user": _user, "role": _role}.get(kind)
    row = own(account_id, detail) if own else _identified(account_id, "Group", detail)
    return {
        f"{kind}s": [row],
        ATTACHMENTS.name: list(_attachments(account_id, kind, [detail])),
        INLINE.name: list(_inline(account_id, kind, [detail])),
    }


def _identified(account_id: str, kind: str, detail: dict[str, Any]) -> Row:
    return {
        "account_id": account_id,
        f"{kind.lower()}_name": detail[f"{kind}Name"],
        f"{kind.lower()}_id": detail[f"{kind}Id"],
        "arn": detail["Arn"],
        "path": detail["Path"],
        "created_at": utc(detail["CreateDate"]),
    }


def _boundary(detail: dict[str, Any]) -> str | None:
    arn: str | None = detail.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return arn


def _user(account_id: str, user: dict[str, Any]) -> Row:
    return {
        **_identified(account_id, "User", user),
        "group_names": user.get("GroupList", []),
        "permissions_boundary_arn": _boundary(user),
        "tags": tags(user.get("Tags")),
    }


def _role(account_id: str, role: dict[str, Any]) -> Row:
    used = role.get("RoleLastUsed", {})
    return {
        **_identified(account_id, "Role", role),
        "trust_document": document(role["AssumeRolePolicyDocument"]),
        "permissions_boundary_arn": _boundary(role),
        "last_used_at": utc(used.get("LastUsedDate")),
        "last_used_region": used.get("Region"),
        "instance_profile_names": [p["InstanceProfileName"] for p in role.get("InstanceProfileList", [])],
        "tags": tags(role.get("Tags")),
    }


def _policy(account_id: str, policy: dict[str, Any]) -> Row:
    versions = policy["PolicyVersionList"]
    # Another version may have been made the default since the versions were listed.
    default: dict[str, Any] = next((v for v in versions if v["VersionId"] == policy["DefaultVersionId"]), {})
    return {
        "account_id": account_id,
        "policy_name": policy["PolicyName"],
        "policy_id": policy["PolicyId"],
        "arn": policy["Arn"],
        "path": policy["Path"],
        "default_version_id": policy["DefaultVersionId"],
        "attachment_count": policy["AttachmentCount"],
        "permissions_boundary_usage_count": policy.get("PermissionsBoundaryUsageCount", 0),
        "is_attachable": policy["IsAttachable"],
        "created_at": utc(policy["CreateDate"]),
        "updated_at": utc(policy["UpdateDate"]),
        "version_count": len(versions),
        "document": document(default.get("Document")),
    }


def _principal(account_id: str, kind: str, detail: dict[str, Any]) -> Row:
    name = detail[f"{kind.title()}Name"]
    return {"account_id": account_id, "principal_type": kind, "principal_name": name, "principal_arn": detail["Arn"]}


def _attachments(account_id: str, kind: str, principals: Iterable[dict[str, Any]]) -> Iterator[Row]:
    for principal in principals:
        for policy in principal.get("AttachedManagedPolicies", []):
            which = {"policy_name": policy["PolicyName"], "policy_arn": policy["PolicyArn"]}
            yield {**_principal(account_id, kind, principal), **which}


def _inline(account_id: str, kind: str, principals: Iterable[dict[str, Any]]) -> Iterator[Row]:
    for principal in principals:
        for policy in principal.get(f"{kind.title()}PolicyList", []):
            what = {"policy_name": policy["PolicyName"], "document": document(policy["PolicyDocument"])}
            yield {**_principal(account_id, kind, principal), **what}
