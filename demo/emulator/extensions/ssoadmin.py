"""Identity Center (sso-admin): instances, permission sets and assignments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.paging import BadToken, take
from demo.organization.model_organization import PermissionSet, SsoInstance


def paged(call: Call, member: str, items: Sequence[Any]) -> dict[str, Any]:
    filters = {k: v for k, v in call.parameters.items() if k not in ("NextToken", "MaxResults")}
    try:
        page, token = take(items, call.get("NextToken"), int(call.get("MaxResults", 100)), f"{call.operation}{filters}")
    except BadToken:
        raise ApiError("ValidationException", "Invalid NextToken") from None
    return {member: list(page)} | ({"NextToken": token} if token else {})


def list_instances(call: Call) -> dict[str, Any]:
    """The organization's instance and the caller's own, in the region they live in."""
    org = call.organization
    visible = [i for i in org.instances if i.owner in (org.management_id, call.account.id)]
    rows = [_instance(i) for i in visible if call.region == i.region or call.get("RegionScope") == "ALL_REGIONS"]
    return paged(call, "Instances", rows)


def describe_instance(call: Call) -> dict[str, Any]:
    instance = _find_instance(call)
    key = {"KeyType": "AWS_OWNED_KMS_KEY", "EncryptionStatus": "ENABLED"}
    return _instance(instance) | {"PermissionSetsEnabled": True, "EncryptionConfigurationDetails": key}


def list_permission_sets(call: Call) -> dict[str, Any]:
    return paged(call, "PermissionSets", [p.arn for p in _sets(call)])


def describe_permission_set(call: Call) -> dict[str, Any]:
    permission_set = _find(call)
    row = {
        "Name": permission_set.name,
        "PermissionSetArn": permission_set.arn,
        "Description": permission_set.description,
        "CreatedDate": permission_set.created,
        "SessionDuration": permission_set.session,
    }
    return {"PermissionSet": row}


def list_managed_policies_in_permission_set(call: Call) -> dict[str, Any]:
    rows = [{"Name": arn.rsplit("/", 1)[-1], "Arn": arn} for arn in _find(call).aws_policies]
    return paged(call, "AttachedManagedPolicies", rows)


def list_customer_managed_policy_references_in_permission_set(call: Call) -> dict[str, Any]:
    rows = [{"Name": name, "Path": "/"} for name in _find(call).customer_policies]
    return paged(call, "CustomerManagedPolicyReferences", rows)


def get_inline_policy_for_permission_set(call: Call) -> dict[str, Any]:
    inline = _find(call).inline
    return {"InlinePolicy": json.dumps(inline) if inline else ""}


def get_permissions_boundary_for_permission_set(call: Call) -> dict[str, Any]:
    boundary = _find(call).boundary
    if boundary is None:
        raise ApiError("ResourceNotFoundException", "PermissionsBoundary not found", 404)
    return {"PermissionsBoundary": boundary}


def list_accounts_for_provisioned_permission_set(call: Call) -> dict[str, Any]:
    return paged(call, "AccountIds", list(_find(call).assignments))


def list_permission_sets_provisioned_to_account(call: Call) -> dict[str, Any]:
    account_id = call.need("AccountId")
    return paged(call, "PermissionSets", [p.arn for p in _sets(call) if account_id in p.assignments])


def list_account_assignments(call: Call) -> dict[str, Any]:
    permission_set, account_id = _find(call), call.need("AccountId")
    rows = [
        {
            "AccountId": account_id,
            "PermissionSetArn": permission_set.arn,
            "PrincipalType": kind,
            "PrincipalId": principal,
        }
        for kind, principal in permission_set.assignments.get(account_id, [])
    ]
    return paged(call, "AccountAssignments", rows)


def list_tags_for_resource(call: Call) -> dict[str, Any]:
    return {"Tags": []}


def list_applications(call: Call) -> dict[str, Any]:
    return {"Applications": []}


def _instance(instance: SsoInstance) -> dict[str, Any]:
    region = {"RegionName": instance.region, "Status": "ACTIVE", "IsPrimaryRegion": True}
    return {
        "InstanceArn": instance.arn,
        "IdentityStoreId": instance.store_id,
        "OwnerAccountId": instance.owner,
        "Name": instance.name,
        "CreatedDate": instance.created,
        "Status": instance.status,
        "PrimaryRegion": instance.region,
        "Regions": [region],
    }


def _find_instance(call: Call) -> SsoInstance:
    instance_arn = call.need("InstanceArn")
    for instance in call.organization.instances:
        if instance.arn != instance_arn:
            continue
        org_wide = instance.owner == call.organization.management_id
        if instance.owner == call.account.id or (org_wide and call.is_delegated("sso.amazonaws.com")):
            return instance
        raise ApiError(
            "AccessDeniedException", f"User: {call.session.arn} is not authorized to perform: sso:{call.operation}"
        )
    raise ApiError("ResourceNotFoundException", f"Instance with identifier {instance_arn} not found", 404)


def _sets(call: Call) -> list[PermissionSet]:
    return list(_find_instance(call).permission_sets.values())


def _find(call: Call) -> PermissionSet:
    arn = call.need("PermissionSetArn")
    for permission_set in _sets(call):
        if permission_set.arn == arn:
            return permission_set
    raise ApiError("ResourceNotFoundException", f"PermissionSet with identifier {arn} not found", 404)
