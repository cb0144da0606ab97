"""Organizations: SCPs and RCPs, their content and what they are attached to."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.extensions.organizations import account_arn, paged, require_reader, unit_arn
from demo.organization.model_organization import Organization, OrgPolicy


def list_policies(call: Call) -> dict[str, Any]:
    require_reader(call)
    kind = call.need("Filter")
    policies = [p for p in call.organization.policies.values() if p.kind == kind]
    return paged(call, "Policies", [_summary(call.organization, p) for p in policies])


def list_policies_for_target(call: Call) -> dict[str, Any]:
    require_reader(call)
    org, target, kind = call.organization, call.need("TargetId"), call.need("Filter")
    if target not in org.units and target not in org.accounts:
        raise ApiError("TargetNotFoundException", "You specified a target that doesn't exist.")
    attached = [org.policies[p] for p in org.attached_to(target)]
    return paged(call, "Policies", [_summary(org, p) for p in attached if p.kind == kind])


def list_accounts_with_invalid_effective_policy(call: Call) -> dict[str, Any]:
    require_reader(call)
    return paged(call, "Accounts", []) | {"PolicyType": call.need("PolicyType")}


def describe_policy(call: Call) -> dict[str, Any]:
    require_reader(call)
    policy = _find(call)
    return {"Policy": {"PolicySummary": _summary(call.organization, policy), "Content": policy.content}}


def list_targets_for_policy(call: Call) -> dict[str, Any]:
    require_reader(call)
    org, policy = call.organization, _find(call)
    units = [u for u in org.units.values() if policy.id in u.policies]
    accounts = [a for a in org.accounts.values() if policy.id in org.account_policies.get(a.id, [])]
    rows = [
        {
            "TargetId": u.id,
            "Arn": unit_arn(org, u.id),
            "Name": u.name,
            "Type": "ROOT" if u.parent is None else "ORGANIZATIONAL_UNIT",
        }
        for u in units
    ]
    rows += [{"TargetId": a.id, "Arn": account_arn(org, a.id), "Name": a.name, "Type": "ACCOUNT"} for a in accounts]
    return paged(call, "Targets", rows)


def describe_effective_policy(call: Call) -> dict[str, Any]:
    """Only management policies have one; there are none here, and SCPs and RCPs are refused by AWS too."""
    raise ApiError("EffectivePolicyNotFoundException", "We can't find the effective policy of that type.")


def _find(call: Call) -> OrgPolicy:
    policy = call.organization.policies.get(call.need("PolicyId"))
    if policy is None:
        raise ApiError("PolicyNotFoundException", "You specified a policy that doesn't exist.")
    return policy


def _summary(org: Organization, policy: OrgPolicy) -> dict[str, Any]:
    kind = policy.kind.lower()
    owner = "aws:policy" if policy.aws_managed else f"{org.management_id}:policy/{org.id}"
    return {
        "Id": policy.id,
        "Arn": f"arn:aws:organizations::{owner}/{kind}/{policy.id}",
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.kind,
        "AwsManaged": policy.aws_managed,
    }
