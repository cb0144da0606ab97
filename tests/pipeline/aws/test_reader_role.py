"""The reader role: one role in three forms, that cfn-lint and a parser of HCL accept and that allow the same."""

from __future__ import annotations

import io
import json
from typing import Any

import cfnlint
import hcl2
import pytest

from pipeline.aws import reader_role
from pipeline.aws.reader_role import ReaderRole
from pipeline.collect.run import reader_operations
from pipeline.settings import Refused

TRUSTED = "arn:aws:iam::111122223333:role/Rolecall"
ROLE = ReaderRole("security/RolecallReader", TRUSTED, "ex${ternal}-%{id}", tuple(sorted(reader_operations())))


def faults(template: str) -> list[str]:
    """Errors and warnings of cfn-lint; it also informs about metadata that a template may have."""
    return [str(match) for match in cfnlint.lint_all(template) if match.rule.id[0] in "EW"]


def of_cloudformation(text: str) -> dict[str, Any]:
    properties: dict[str, Any] = json.loads(text)["Resources"]["ReaderRole"]["Properties"]
    return properties


@pytest.mark.parametrize("units", [(), ("r-abcd", "ou-abcd-12345678")])
def test_cloudformation_is_valid(units: tuple[str, ...]) -> None:
    text = reader_role.as_cloudformation(ROLE, units)
    assert faults(text) == []
    template = json.loads(text)
    assert ("MemberAccounts" in template["Resources"]) == bool(units)
    if units:
        stacks = template["Resources"]["MemberAccounts"]["Properties"]
        assert faults(stacks["TemplateBody"]) == []
        assert of_cloudformation(stacks["TemplateBody"]) == of_cloudformation(text)
        assert stacks["StackInstancesGroup"][0]["DeploymentTargets"]["OrganizationalUnitIds"] == list(units)


def test_terraform_and_json_are_the_role_of_cloudformation() -> None:
    role = of_cloudformation(reader_role.as_cloudformation(ROLE))
    assert (role["RoleName"], role["Path"]) == ("RolecallReader", "/security/")
    documents = json.loads(reader_role.as_json(ROLE))
    assert documents["trust_policy"] == role["AssumeRolePolicyDocument"]
    assert documents["permissions_policy"] == role["Policies"][0]["PolicyDocument"]
    (iam_role,), (policy,) = resources("aws_iam_role"), resources("aws_iam_role_policy")
    assert json.loads(iam_role["assume_role_policy"]) == role["AssumeRolePolicyDocument"]
    assert json.loads(policy["policy"]) == role["Policies"][0]["PolicyDocument"]


def resources(kind: str) -> list[dict[str, Any]]:
    """The resources of a type; heredocs as Terraform reads them."""
    made = []
    for resource in hcl2.load(io.StringIO(reader_role.as_terraform(ROLE)))["resource"]:
        for name, bodies in resource.items():
            if name.strip('"') == kind:
                body = next(iter(bodies.values()))
                made.append({key: unescaped(value) for key, value in body.items()})
    return made


def unescaped(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip('"').strip()
    if text.startswith("<<-EOT"):
        text = text.removeprefix("<<-EOT").removesuffix("EOT").strip()
    return text.replace("$${", "${").replace("%%{", "%{")


def test_a_trust_policy_allows_tags_and_a_source_identity_only_if_they_are_used() -> None:
    (statement,) = ROLE.trust()["Statement"]
    assert (statement["Principal"], statement["Action"]) == ({"AWS": TRUSTED}, ["sts:AssumeRole"])
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": ROLE.external_id}}
    (statement,) = ReaderRole("R", TRUSTED, None, (), True, True).trust()["Statement"]
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    assert "Condition" not in statement


@pytest.mark.parametrize("text", ["*", "arn:aws:iam::111122223333:role/*", "111", "arn:aws:s3:::x", "", "a b"])
def test_a_principal_that_is_not_one_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="--trust"):
        reader_role.principal(text)
    assert reader_role.principal(TRUSTED) == TRUSTED
    assert reader_role.principal("111122223333") == "111122223333"


@pytest.mark.parametrize("name", ["Sandbox", "ou-1", "r-ABC", "*"])
def test_a_unit_that_is_not_one_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="--ou"):
        reader_role.units(["r-abcd", name])
