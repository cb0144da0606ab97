"""AWS managed policies whose documents are needed even if not collected: those that make administrators.

Identified by ARN in any partition, never by name alone: a customer managed policy may be named AdministratorAccess.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from __future__ import annotations

import re
from typing import Any

from pipeline.policy.request import Policy

_ARN = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(?:[\w+=,.@-]+/)*(?P<name>[\w+=,.@-]+)")


def _allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Resource": "*", **elements}


# By their versions on 2026-11-27: AdministratorAccess v1 (2015-02-06), AWSMcpServiceActionsFullAccess v3 and
# PowerUserAccess v12 (2026-02-12), IAMFullAccess v2 (2019-06-21).
_STATEMENTS: dict[str, list[dict[str, Any]]] = {
    "AdministratorAccess": [_allow(Action="*")],
    "AWSMcpServiceActionsFullAccess": [_allow(Action="*", Condition={"Bool": {"aws:IsMcpServiceAction": "true"}})],
    "IAMFullAccess": [
        _allow(
            Action=[
                *("iam:*", "organizations:DescribeAccount", "organizations:DescribeOrganization"),
                *("organizations:DescribeOrganizationalUnit", "organizations:DescribePolicy"),
                *("organizations:ListChildren", "organizations:ListParents", "organizations:ListPolicies"),
                *("organizations:ListPoliciesForTarget", "organizations:ListRoots"),
                "organizations:ListTargetsForPolicy",
            ]
        )
    ],
    "PowerUserAccess": [
        _allow(NotAction=["iam:*", "organizations:*", "account:*"]),
        _allow(
            Action=[
                *("account:GetAccountInformation", "account:GetGovCloudAccountInformation", "account:GetPrimaryEmail"),
                *("account:ListRegions", "iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles"),
                *("organizations:DescribeEffectivePolicy", "organizations:DescribeOrganization"),
            ]
        ),
    ],
}


def is_aws_managed(arn: str) -> bool:
    return _ARN.fullmatch(arn) is not None


def aws_managed_policy(arn: str) -> Policy:
    """The policy with the bundled document for this ARN; if there is none, an unreadable policy."""
    match = _ARN.fullmatch(arn)
    name = match["name"] if match else arn
    statements = _STATEMENTS.get(name) if match else None
    source = {"Version": "2012-10-17", "Statement": statements} if statements else None
    return Policy.read(name, source, "identity", arn)
