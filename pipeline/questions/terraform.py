"""Terraform plans in JSON (`terraform show -json`): the policies of what would be there after applying.

https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.questions.cloudformation import ORGANIZATION_KINDS, Found, documents
from pipeline.settings import Refused

_INDEX = re.compile(r"\[[^\]]*\]")
_POLICY = re.compile(r"(.*_)?policy|content|policy_document")
_OF_IDENTITY = ("aws_iam_", "aws_ssoadmin_")
# Attachments name policies by ARN: they hold none.
_NO_DOCUMENT = re.compile(r"aws_\w+_attachment|aws_iam_policy_document|aws_ssoadmin_\w*managed\w*")


def is_plan(data: Mapping[str, Any]) -> bool:
    return "format_version" in data and ("resource_changes" in data or "terraform_version" in data)


def policies(plan: Mapping[str, Any], path: str) -> Iterator[Found]:
    """The policies after the plan. Raises `Refused` for a plan in another format."""
    version = str(plan.get("format_version"))
    if version.split(".")[0] != "1":
        raise Refused(f"{path}: format_version {version} of a Terraform plan; 1.x is read (Terraform 1.1 or newer)")
    changes = plan.get("resource_changes")
    if not isinstance(changes, list):
        raise Refused(f"{path}: resource_changes: no plan but a state; give `terraform show -json` of a plan")
    configured = dict(_configured(_mapping(plan.get("configuration")).get("root_module")))
    for number, resource in enumerate(changes):
        change = resource.get("change") if isinstance(resource, Mapping) else None
        if (
            not isinstance(change, Mapping)
            or not isinstance(change.get("after"), Mapping | None)
            or not isinstance(resource.get("type"), str)
        ):
            raise Refused(f"{path}: resource_changes[{number}]: no change of a resource")
        if change.get("actions") != ["delete"] and resource.get("mode", "managed") == "managed":
            address = str(resource.get("address"))
            given = configured.get(_INDEX.sub("", address))
            yield from _of_resource(address, resource["type"], change, given)


def _configured(module: Any, prefix: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """The attributes that the configuration sets, by address: others that are known after apply are AWS's defaults."""
    resources = _mapping(module).get("resources")
    for resource in resources if isinstance(resources, list) else ():
        address = _mapping(resource).get("address")
        yield f"{prefix}{address}", frozenset(_mapping(_mapping(resource).get("expressions")))
    for name, call in _mapping(_mapping(module).get("module_calls")).items():
        yield from _configured(_mapping(call).get("module"), f"{prefix}module.{name}.")


def _mapping(value: Any) -> Mapping[str, Any]:
    """The value, or an empty object in the place of something else."""
    return value if isinstance(value, Mapping) else {}


def _of_resource(address: str, kind: str, change: Mapping[str, Any], given: frozenset[str] | None) -> Iterator[Found]:
    after, unknown = _mapping(change.get("after")), change.get("after_unknown")
    if not kind.startswith("aws_") or _NO_DOCUMENT.fullmatch(kind):
        return
    policy_kind = "identity" if kind.startswith(_OF_IDENTITY) else "resource"
    if kind == "aws_organizations_policy":
        policy_kind = ORGANIZATION_KINDS.get(str(after.get("type") or "SERVICE_CONTROL_POLICY"), "")
        if not policy_kind:
            return
    for name, document in documents(after, ""):
        own = "trust" if name == "assume_role_policy" else policy_kind
        yield Found(address, name, own, document, called=str(after.get("name") or after.get("bucket") or ""))
    for name in _unknown(unknown, ""):
        last = re.sub(r"\[\d+\]", "", name).rpartition(".")[2]
        if _POLICY.fullmatch(last) and (given is None or re.split(r"[.\[]", name)[0] in given):
            own = "trust" if name == "assume_role_policy" else policy_kind
            yield Found(address, name, own, None, ("known after apply",))


def _unknown(value: Any, name: str) -> Iterator[str]:
    """The paths of attributes that are known after apply."""
    if value is True:
        yield name
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _unknown(each, f"{name}.{key}".strip("."))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _unknown(each, f"{name}[{index}]")
