"""The reader role as JSON policies, a CloudFormation template, or Terraform, from the operations of the collectors.

AWS: AssumeRole with an external ID, https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
and StackSets with Organizations, https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.aws.permissions import policy_document
from pipeline.schema import ACCOUNT_ID
from pipeline.settings import Refused

PRINCIPAL = re.compile(rf"{ACCOUNT_ID}|arn:aws[a-z-]*:iam::{ACCOUNT_ID}:(root|(role|user)/[\w+=,.@/-]+)")
POLICY_NAME = "RolecallReads"
STACK_SET = "RolecallReader"
DESCRIPTION = "Read by Rolecall each night: IAM, and what the best practices of IAM speak of"


@dataclass(frozen=True)
class ReaderRole:
    """A role that `trusted` (an ARN of a role, user or account) may assume with the external ID.

    `name` may have a path (`security/RolecallReader`). `operations` are what it may call. A trust policy allows session
    tags and a source identity only where they are used.
    """

    name: str
    trusted: str
    external_id: str | None
    operations: tuple[str, ...]
    has_session_tags: bool = False
    has_source_identity: bool = False

    @property
    def path(self) -> str:
        return f"/{self.name.rpartition('/')[0].strip('/')}/".replace("//", "/")

    @property
    def role_name(self) -> str:
        return self.name.rpartition("/")[2]

    def permissions(self) -> dict[str, Any]:
        return policy_document(self.operations)

    def trust(self) -> dict[str, Any]:
        actions = ["sts:AssumeRole"]
        actions += ["sts:TagSession"] if self.has_session_tags else []
        actions += ["sts:SetSourceIdentity"] if self.has_source_identity else []
        statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": self.trusted}, "Action": actions}
        if self.external_id:
            statement["Condition"] = {"StringEquals": {"sts:ExternalId": self.external_id}}
        return {"Version": "2012-10-17", "Statement": [statement]}


def principal(text: str) -> str:
    """What a trust policy names: an ARN, or an account by its id. Raises `Refused` for anything else, `*` included."""
    if not PRINCIPAL.fullmatch(text):
        expected = "the ARN of an IAM role or user without wildcards, or the 12 digits of an account"
        raise Refused(f"--trust {text}: expected {expected}")
    return text


def units(names: Iterable[str]) -> tuple[str, ...]:
    """Ids of OUs and roots. Raises `Refused`."""
    names = tuple(names)
    for name in names:
        if not re.fullmatch(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}", name):
            raise Refused(f"--ou {name}: expected the id of an OU (ou-abcd-12345678) or of the root (r-abcd)")
    return names


def as_json(role: ReaderRole) -> str:
    """Trust policy and permissions policy."""
    return dumped({"trust_policy": role.trust(), "permissions_policy": role.permissions()})


def as_cloudformation(role: ReaderRole, organizational_units: Iterable[str] = ()) -> str:
    """A template of the role, and with units (or the root) a StackSet that makes it in every account below them.

    A service-managed StackSet leaves out the management account: the stack's own role is that account's. Accounts that
    join later receive the role by automatic deployment.
    """
    template = _template({"ReaderRole": _role(role)})
    if units := list(organizational_units):
        template["Resources"]["MemberAccounts"] = {
            "Type": "AWS::CloudFormation::StackSet",
            "Properties": {
                "StackSetName": STACK_SET,
                "Description": DESCRIPTION,
                "PermissionModel": "SERVICE_MANAGED",
                "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
                "Capabilities": ["CAPABILITY_NAMED_IAM"],
                "ManagedExecution": {"Active": True},
                "OperationPreferences": {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100},
                "StackInstancesGroup": [
                    {"DeploymentTargets": {"OrganizationalUnitIds": units}, "Regions": [{"Ref": "AWS::Region"}]}
                ],
                "TemplateBody": json.dumps(_template({"ReaderRole": _role(role)})),
            },
        }
    return dumped(template)


def _template(resources: dict[str, Any]) -> dict[str, Any]:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Description": DESCRIPTION, "Resources": resources}


def _role(role: ReaderRole) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": role.role_name,
            "Path": role.path,
            "Description": DESCRIPTION,
            "AssumeRolePolicyDocument": role.trust(),
            "Policies": [{"PolicyName": POLICY_NAME, "PolicyDocument": role.permissions()}],
        },
    }


def as_terraform(role: ReaderRole) -> str:
    """The role as Terraform's `aws_iam_role` with an inline policy, for a module that is applied in every account."""
    return f"""resource "aws_iam_role" "rolecall_reader" {{
  name               = {_hcl(role.role_name)}
  path               = {_hcl(role.path)}
  description        = {_hcl(DESCRIPTION)}
  assume_role_policy = <<-EOT
{_indented(role.trust())}
  EOT
}}

resource "aws_iam_role_policy" "rolecall_reads" {{
  name   = {_hcl(POLICY_NAME)}
  role   = aws_iam_role.rolecall_reader.id
  policy = <<-EOT
{_indented(role.permissions())}
  EOT
}}"""


def _hcl(text: str) -> str:
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")


def _indented(document: dict[str, Any]) -> str:
    text = dumped(document).replace("${", "$${").replace("%{", "%%{")
    return "\n".join(f"    {line}" for line in text.splitlines())


def dumped(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2)
