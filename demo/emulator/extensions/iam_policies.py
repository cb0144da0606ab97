"""IAM: managed and inline policies, and whom they are attached to."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import no_such_entity
from demo.emulator.extensions.iam import (
    attached,
    encoded,
    find_group,
    find_role,
    find_user,
    found,
    paged,
    policy_row,
    version_row,
)
from demo.organization.aws_policies import PREFIX, aws_policy, every_aws_policy
from demo.organization.model import Policy, Principal


def list_policies(call: Call) -> dict[str, Any]:
    """Scope and OnlyAttached are honoured; AWS's own policies come from the copy moto carries."""
    account, scope = call.account, call.get("Scope", "All")
    policies = [] if scope == "AWS" else list(account.policies.values())
    policies += [] if scope == "Local" else every_aws_policy()
    rows = [policy_row(account, p) for p in policies if p.path.startswith(call.get("PathPrefix", "/"))]
    if call.get("OnlyAttached"):
        rows = [r for r in rows if r["AttachmentCount"]]
    return paged(call, "Policies", rows)


def get_policy(call: Call) -> dict[str, Any]:
    policy = find_policy(call)
    named = [{"Key": k, "Value": v} for k, v in policy.tags.items()]
    return {"Policy": policy_row(call.account, policy) | {"Tags": named}}


def get_policy_version(call: Call) -> dict[str, Any]:
    policy, version_id = find_policy(call), call.need("VersionId")
    for version in policy.versions:
        if version.id == version_id:
            return {"PolicyVersion": version_row(policy, version)}
    raise no_such_entity(f"Policy {policy.arn} version {version_id} does not exist or is not attachable.")


def list_policy_versions(call: Call) -> dict[str, Any]:
    policy = find_policy(call)
    rows = [{k: v for k, v in version_row(policy, x).items() if k != "Document"} for x in policy.versions]
    return paged(call, "Versions", rows)


def list_attached_user_policies(call: Call) -> dict[str, Any]:
    return paged(call, "AttachedPolicies", attached(find_user(call)))


def list_attached_group_policies(call: Call) -> dict[str, Any]:
    return paged(call, "AttachedPolicies", attached(find_group(call)))


def list_attached_role_policies(call: Call) -> dict[str, Any]:
    return paged(call, "AttachedPolicies", attached(find_role(call)))


def list_user_policies(call: Call) -> dict[str, Any]:
    return paged(call, "PolicyNames", list(find_user(call).inline))


def list_group_policies(call: Call) -> dict[str, Any]:
    return paged(call, "PolicyNames", list(find_group(call).inline))


def list_role_policies(call: Call) -> dict[str, Any]:
    return paged(call, "PolicyNames", list(find_role(call).inline))


def get_user_policy(call: Call) -> dict[str, Any]:
    return {"UserName": call.need("UserName")} | _inline(call, find_user(call))


def get_group_policy(call: Call) -> dict[str, Any]:
    return {"GroupName": call.need("GroupName")} | _inline(call, find_group(call))


def get_role_policy(call: Call) -> dict[str, Any]:
    return {"RoleName": call.need("RoleName")} | _inline(call, find_role(call))


def _inline(call: Call, owner: Principal) -> dict[str, Any]:
    name = call.need("PolicyName")
    document = found(owner.inline, name, "role policy")
    return {"PolicyName": name, "PolicyDocument": encoded(document)}


def list_entities_for_policy(call: Call) -> dict[str, Any]:
    account, arn = call.account, call.need("PolicyArn")
    rows = [
        (f"Policy{kind}s", {f"{kind}Name": p.name, f"{kind}Id": p.id})
        for kind, owners in (("Group", account.groups), ("User", account.users), ("Role", account.roles))
        for p in owners.values()
        if arn in p.attached
    ]
    page = paged(call, "Rows", rows)
    output: dict[str, Any] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
    for name, row in page.pop("Rows"):
        output[name].append(row)
    return output | page


def find_policy(call: Call) -> Policy:
    arn = call.need("PolicyArn")
    if arn.startswith(PREFIX):
        return call.account.aws_policies.get(arn) or aws_policy(arn)
    for policy in call.account.policies.values():
        if policy.arn == arn:
            return policy
    raise no_such_entity(f"Policy {arn} was not found.")
