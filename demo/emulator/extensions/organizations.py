"""Organizations: the organization, its tree, accounts and delegated administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.paging import BadToken, take
from demo.organization.model import Account
from demo.organization.model_organization import Organization, Unit

PAGE = 20


def paged(call: Call, member: str, items: Sequence[Any], size: int = PAGE) -> dict[str, Any]:
    """One page of a list, at most ``size`` long, as Organizations gives it."""
    page_size = int(call.get("MaxResults", size))
    if page_size > size:
        raise ApiError("InvalidInputException", f"You specified an invalid value for MaxResults: at most {size}")
    filters = {k: v for k, v in call.parameters.items() if k not in ("NextToken", "MaxResults")}
    try:
        page, token = take(items, call.get("NextToken"), page_size, f"{call.operation}{sorted(filters.items())}")
    except BadToken:
        raise ApiError("InvalidInputException", "You specified an invalid value for NextToken.") from None
    return {member: list(page)} | ({"NextToken": token} if token else {})


def require_reader(call: Call) -> None:
    """Only the management account and delegated administrators may read the organization."""
    if not (call.is_management or call.is_delegated()):
        raise ApiError("AccessDeniedException", "You don't have permissions to access this resource.")


def describe_organization(call: Call) -> dict[str, Any]:
    org = call.organization
    management = org.accounts[org.management_id]
    return {
        "Organization": {
            "Id": org.id,
            "Arn": f"arn:aws:organizations::{org.management_id}:organization/{org.id}",
            "FeatureSet": "ALL",
            "MasterAccountArn": account_arn(org, management.id),
            "MasterAccountId": management.id,
            "MasterAccountEmail": management.email,
            "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }
    }


def list_roots(call: Call) -> dict[str, Any]:
    require_reader(call)
    org = call.organization
    root = {
        "Id": org.root_id,
        "Arn": unit_arn(org, org.root_id),
        "Name": "Root",
        "PolicyTypes": [{"Type": kind, "Status": "ENABLED"} for kind in org.policy_types],
    }
    return paged(call, "Roots", [root])


def list_organizational_units_for_parent(call: Call) -> dict[str, Any]:
    require_reader(call)
    parent = _parent(call)
    units = [u for u in call.organization.units.values() if u.parent == parent]
    return paged(call, "OrganizationalUnits", [_unit(call.organization, u) for u in units])


def list_accounts_for_parent(call: Call) -> dict[str, Any]:
    require_reader(call)
    parent = _parent(call)
    accounts = [a for a in call.organization.accounts.values() if a.parent == parent]
    return paged(call, "Accounts", [describe(call.organization, a) for a in accounts])


def list_children(call: Call) -> dict[str, Any]:
    require_reader(call)
    org, parent, kind = call.organization, _parent(call), call.need("ChildType")
    inside = org.accounts.values() if kind == "ACCOUNT" else org.units.values()
    return paged(call, "Children", [{"Id": c.id, "Type": kind} for c in inside if c.parent == parent])


def list_parents(call: Call) -> dict[str, Any]:
    require_reader(call)
    org, child = call.organization, call.need("ChildId")
    child_node = org.accounts.get(child) or org.units.get(child)
    if child_node is None or child_node.parent is None:
        raise ApiError("ChildNotFoundException", f"We can't find an organizational unit or account with ID {child}")
    kind = "ROOT" if child_node.parent == org.root_id else "ORGANIZATIONAL_UNIT"
    return paged(call, "Parents", [{"Id": child_node.parent, "Type": kind}])


def list_accounts(call: Call) -> dict[str, Any]:
    require_reader(call)
    org = call.organization
    return paged(call, "Accounts", [describe(org, a) for a in sorted(org.accounts.values(), key=lambda a: a.id)])


def describe_account(call: Call) -> dict[str, Any]:
    require_reader(call)
    return {"Account": describe(call.organization, find_account(call, call.need("AccountId")))}


def describe_organizational_unit(call: Call) -> dict[str, Any]:
    require_reader(call)
    unit = call.organization.units.get(call.need("OrganizationalUnitId"))
    if unit is None or unit.parent is None:
        raise ApiError(
            "OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist."
        )
    return {"OrganizationalUnit": _unit(call.organization, unit)}


def list_tags_for_resource(call: Call) -> dict[str, Any]:
    require_reader(call)
    org, resource = call.organization, call.need("ResourceId")
    owner = org.accounts.get(resource) or org.units.get(resource)
    if owner is None and resource not in org.policies:
        raise ApiError("TargetNotFoundException", "You specified a target that doesn't exist.")
    tags = owner.tags if owner else {}
    return paged(call, "Tags", [{"Key": k, "Value": v} for k, v in tags.items()], size=50)


def list_delegated_administrators(call: Call) -> dict[str, Any]:
    require_reader(call)
    org, service = call.organization, call.get("ServicePrincipal")
    since = {d.account_id: d.since for d in org.delegations if service in (None, d.service)}
    rows = [describe(org, org.accounts[i]) | {"DelegationEnabledDate": at} for i, at in since.items()]
    return paged(call, "DelegatedAdministrators", [{k: v for k, v in r.items() if k != "Paths"} for r in rows])


def list_delegated_services_for_account(call: Call) -> dict[str, Any]:
    require_reader(call)
    account = find_account(call, call.need("AccountId"))
    rows = [d for d in call.organization.delegations if d.account_id == account.id]
    if not rows:
        raise ApiError("AccountNotRegisteredException", "The account isn't a delegated administrator.")
    services = [{"ServicePrincipal": d.service, "DelegationEnabledDate": d.since} for d in rows]
    return paged(call, "DelegatedServices", services)


def list_aws_service_access_for_organization(call: Call) -> dict[str, Any]:
    require_reader(call)
    trusted = call.organization.trusted_services.items()
    rows = [{"ServicePrincipal": s, "DateEnabled": at} for s, at in trusted]
    return paged(call, "EnabledServicePrincipals", rows)


def describe_resource_policy(call: Call) -> dict[str, Any]:
    require_reader(call)
    org = call.organization
    if org.resource_policy is None:
        raise ApiError("ResourcePolicyNotFoundException", "We can't find a resource policy request.")
    policy_id = f"rp-{call.scene.token('resource-policy', 8).lower()}"
    arn = f"arn:aws:organizations::{org.management_id}:resourcepolicy/{org.id}/{policy_id}"
    return {
        "ResourcePolicy": {
            "ResourcePolicySummary": {"Id": policy_id, "Arn": arn},
            "Content": org.resource_policy,
        }
    }


def find_account(call: Call, account_id: str) -> Account:
    account = call.organization.accounts.get(account_id)
    if account is None:
        raise ApiError("AccountNotFoundException", "You specified an account that doesn't exist.")
    return account


def describe(org: Organization, account: Account) -> dict[str, Any]:
    """An account as ListAccounts gives it; ``Status`` is the retired form of ``State``."""
    return {
        "Id": account.id,
        "Arn": account_arn(org, account.id),
        "Email": account.email,
        "Name": account.name,
        "Status": "SUSPENDED" if account.state == "CLOSED" else account.state,
        "State": account.state,
        "Paths": [f"{unit_path(org, account.parent)}{account.id}/"],
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": account.joined,
    }


def unit_path(org: Organization, unit_id: str) -> str:
    return "/".join([org.id, *org.lineage(unit_id)]) + "/"


def account_arn(org: Organization, account_id: str) -> str:
    return f"arn:aws:organizations::{org.management_id}:account/{org.id}/{account_id}"


def unit_arn(org: Organization, unit_id: str) -> str:
    kind = "root" if unit_id == org.root_id else "ou"
    return f"arn:aws:organizations::{org.management_id}:{kind}/{org.id}/{unit_id}"


def _unit(org: Organization, unit: Unit) -> dict[str, Any]:
    return {"Id": unit.id, "Arn": unit_arn(org, unit.id), "Name": unit.name, "Path": unit_path(org, unit.id)}


def _parent(call: Call) -> str:
    parent = str(call.need("ParentId"))
    if parent not in call.organization.units:
        raise ApiError("ParentNotFoundException", f"We can't find a root or OU with the ID {parent}")
    return parent
