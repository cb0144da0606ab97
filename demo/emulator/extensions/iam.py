"""IAM: users, groups, roles, policies, the whole account in one list, and its summary."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

from demo.emulator.call import Call
from demo.emulator.errors import ApiError, no_such_entity
from demo.emulator.paging import BadToken, take
from demo.organization.aws_policies import PREFIX, aws_policy
from demo.organization.model import Account, Document, Group, Policy, PolicyVersion, Principal, Role, User

T = TypeVar("T")

# IAM may give less than MaxItems; here no page of the account's details is longer than this.
DETAILS_PAGE = 400
DETAIL_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def paged(call: Call, member: str, items: Sequence[Any], longest: int = 1000) -> dict[str, Any]:
    """One page of a list in IAM's style: MaxItems and Marker, 100 items by default."""
    size = int(call.get("MaxItems", 100))
    if not 1 <= size <= 1000:
        raise ApiError("ValidationError", "Value at 'maxItems' failed to satisfy constraint: 1 to 1000")
    filters = {k: v for k, v in call.parameters.items() if k not in ("Marker", "MaxItems")}
    try:
        page, marker = take(items, call.get("Marker"), min(size, longest), f"{call.operation}{sorted(filters.items())}")
    except BadToken:
        raise ApiError("ValidationError", "Invalid Marker") from None
    return {member: list(page), "IsTruncated": marker is not None} | ({"Marker": marker} if marker else {})


def get_account_authorization_details(call: Call) -> dict[str, Any]:
    """Users, groups, roles and policies in this order; a page runs across the lists."""
    account, kinds = call.account, call.get("Filter") or list(_DETAILS)
    rows = [(DETAIL_LISTS[n], row) for n, kind, items in _details(account) if kind in kinds for row in items]
    page = paged(call, "Rows", rows, longest=DETAILS_PAGE)
    output: dict[str, Any] = {name: [] for name in DETAIL_LISTS}
    for name, row in page.pop("Rows"):
        output[name].append(_DETAIL_WRITERS[name](account, row))
    return output | page


_DETAILS = ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy")


def _details(account: Account) -> Iterable[tuple[int, str, Iterable[Any]]]:
    yield 0, "User", account.users.values()
    yield 1, "Group", account.groups.values()
    yield 2, "Role", account.roles.values()
    yield 3, "LocalManagedPolicy", account.policies.values()
    yield 3, "AWSManagedPolicy", used_aws_policies(account)


def used_aws_policies(account: Account) -> list[Policy]:
    """AWS managed policies attached, or used as a boundary, in the account."""
    arns = {arn for p in account.principals() for arn in (*p.attached, p.boundary or "") if arn.startswith(PREFIX)}
    return [account.aws_policies.get(arn) or aws_policy(arn) for arn in sorted(arns)]


def _user_detail(account: Account, user: User) -> dict[str, Any]:
    return (
        _named(user, "User")
        | ({"UserPolicyList": inline_rows(user)} if user.inline else {})
        | {"GroupList": user.groups, "AttachedManagedPolicies": attached(user), "Tags": tags(user)}
        | _boundary(user)
    )


def _group_detail(account: Account, group: Group) -> dict[str, Any]:
    return _named(group, "Group") | {"GroupPolicyList": inline_rows(group), "AttachedManagedPolicies": attached(group)}


def _role_detail(account: Account, role: Role) -> dict[str, Any]:
    return (
        _named(role, "Role")
        | {
            "AssumeRolePolicyDocument": encoded(role.trust),
            "InstanceProfileList": profiles_of(account, role),
            "RolePolicyList": inline_rows(role),
            "AttachedManagedPolicies": attached(role),
            "Tags": tags(role),
            "RoleLastUsed": _last_used(role),
        }
        | _boundary(role)
    )


def _policy_detail(account: Account, policy: Policy) -> dict[str, Any]:
    return policy_row(account, policy) | {"PolicyVersionList": [version_row(policy, v) for v in policy.versions]}


_DETAIL_WRITERS: dict[str, Any] = dict(
    zip(DETAIL_LISTS, (_user_detail, _group_detail, _role_detail, _policy_detail), strict=True)
)


def list_users(call: Call) -> dict[str, Any]:
    users = [u for u in call.account.users.values() if u.path.startswith(call.get("PathPrefix", "/"))]
    return paged(call, "Users", [_user(u) for u in users])


def get_user(call: Call) -> dict[str, Any]:
    user = find_user(call)
    return {"User": _user(user) | _boundary(user) | ({"Tags": tags(user)} if user.tags else {})}


def list_user_tags(call: Call) -> dict[str, Any]:
    return paged(call, "Tags", tags(find_user(call)))


def list_role_tags(call: Call) -> dict[str, Any]:
    return paged(call, "Tags", tags(find_role(call)))


def list_groups(call: Call) -> dict[str, Any]:
    return paged(call, "Groups", [_named(g, "Group") for g in call.account.groups.values()])


def get_group(call: Call) -> dict[str, Any]:
    group = find_group(call)
    members = [_user(u) for u in call.account.users.values() if group.name in u.groups]
    return {"Group": _named(group, "Group")} | paged(call, "Users", members)


def list_groups_for_user(call: Call) -> dict[str, Any]:
    groups = [call.account.groups[g] for g in find_user(call).groups]
    return paged(call, "Groups", [_named(g, "Group") for g in groups])


def list_roles(call: Call) -> dict[str, Any]:
    """Roles as the list gives them: session length, but no tags, boundary or last use."""
    roles = [r for r in call.account.roles.values() if r.path.startswith(call.get("PathPrefix", "/"))]
    return paged(call, "Roles", [_role(r) for r in roles])


def list_delegation_requests(call: Call) -> dict[str, Any]:
    """None: no product provider has asked for temporary access."""
    return {"DelegationRequests": [], "isTruncated": False}


def get_account_properties(call: Call) -> dict[str, Any]:
    """None: role manager is as AWS leaves it."""
    return {"Properties": {}}


def get_role(call: Call) -> dict[str, Any]:
    role = find_role(call)
    more = {"RoleLastUsed": _last_used(role)} | ({"Tags": tags(role)} if role.tags else {})
    return {"Role": _role(role) | more | _boundary(role)}


def find_user(call: Call) -> User:
    return found(call.account.users, call.need("UserName"), "user")


def find_group(call: Call) -> Group:
    return found(call.account.groups, call.need("GroupName"), "group")


def find_role(call: Call) -> Role:
    return found(call.account.roles, call.need("RoleName"), "role")


def found(owners: dict[str, T], name: str, kind: str) -> T:
    if name not in owners:
        raise no_such_entity(f"The {kind} with name {name} cannot be found.")
    return owners[name]


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return quote(text, safe="")


def encoded(document: Document) -> str:
    """A document as IAM sends it: JSON, percent-encoded by RFC 3986."""
    return _quoted(json.dumps(document))


def tags(principal: Principal) -> list[dict[str, str]]:
    return [{"Key": k, "Value": v} for k, v in principal.tags.items()]


def _named(p: Principal, kind: str) -> dict[str, Any]:
    return {"Path": p.path, f"{kind}Name": p.name, f"{kind}Id": p.id, "Arn": p.arn, "CreateDate": p.created}


def _user(user: User) -> dict[str, Any]:
    used = user.password.last_used if user.password else None
    return _named(user, "User") | ({"PasswordLastUsed": used} if used else {})


def _role(role: Role) -> dict[str, Any]:
    more = {"AssumeRolePolicyDocument": encoded(role.trust), "MaxSessionDuration": role.max_session_seconds}
    return _named(role, "Role") | more | ({"Description": role.description} if role.description else {})


def inline_rows(p: Principal) -> list[dict[str, str]]:
    return [{"PolicyName": name, "PolicyDocument": encoded(doc)} for name, doc in p.inline.items()]


def attached(p: Principal) -> list[dict[str, str]]:
    return [{"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn} for arn in p.attached]


def _boundary(p: Principal) -> dict[str, Any]:
    # The model lists another value, but AWS sends "Policy".
    kind = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": p.boundary}
    return {"PermissionsBoundary": kind} if p.boundary else {}


def _last_used(role: Role) -> dict[str, Any]:
    used = role.last_used
    return {"LastUsedDate": used.at, "Region": used.region} if used else {}


def version_row(policy: Policy, version: PolicyVersion) -> dict[str, Any]:
    return {
        "VersionId": version.id,
        "Document": encoded(version.document),
        "IsDefaultVersion": version.id == policy.default,
        "CreateDate": version.created,
    }


def policy_row(account: Account, policy: Policy) -> dict[str, Any]:
    row = {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default,
        "AttachmentCount": account.attachments(policy.arn),
        "PermissionsBoundaryUsageCount": account.boundary_uses(policy.arn),
        "IsAttachable": policy.attachable,
        "CreateDate": policy.created,
        "UpdateDate": policy.updated,
    }
    return row | ({"Description": policy.description} if policy.description else {})


def profiles_of(account: Account, role: Role) -> list[dict[str, Any]]:
    return [profile_row(account, p.name) for p in account.instance_profiles.values() if p.role == role.name]


def profile_row(account: Account, name: str) -> dict[str, Any]:
    profile = account.instance_profiles[name]
    roles = [_role(account.roles[profile.role])] if profile.role else []
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": profile.created,
        "Roles": roles,
    }
