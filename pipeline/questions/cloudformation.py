"""CloudFormation templates: every policy document in them, their intrinsic functions resolved or marked as open.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from pipeline.questions.unresolved import NAME, is_unresolved, mark, marks

# What is the same wherever the stack stands, or stands for the account itself.
PSEUDO = {
    "AWS::AccountId": "0" * 12,
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}
_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
ORGANIZATION_KINDS = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}
_POLICY_NAMES = re.compile(r"(AssumeRolePolicyDocument|PolicyDocument|KeyPolicy|InlinePolicy|ResourcePolicy|Content)")
OF_IDENTITY = ("AWS::IAM::", "AWS::SSO::", "AWS::Serverless::")


@dataclass(frozen=True)
class Found:
    """A policy in a template or plan; `source` None: nothing of it is known."""

    where: str
    name: str
    kind: str
    source: Mapping[str, Any] | None
    unresolved: tuple[str, ...] = ()
    called: str = ""


class Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads the short forms: `!Ref X` as {"Ref": "X"}, `!GetAtt A.B` as {"Fn::GetAtt": ["A", "B"]}."""


def _short(loader: Any, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


def _date(loader: Any, node: Any) -> Any:
    """A date is text here: `Version: 2012-10-17`."""
    return loader.construct_scalar(node)


Loader.add_multi_constructor("!", _short)
Loader.add_constructor("tag:yaml.org,2002:timestamp", _date)


def policies(template: Mapping[str, Any]) -> Iterator[Found]:
    """The policies of a template's resources."""
    resources = template.get("Resources")
    typed = {
        str(where): raw
        for where, raw in (resources if isinstance(resources, Mapping) else {}).items()
        if isinstance(raw, Mapping) and isinstance(raw.get("Type"), str)
    }
    values = Values({where: arn_of(where, raw["Type"]) for where, raw in typed.items()})
    for where, raw in typed.items():
        if isinstance(raw.get("Properties"), Mapping):
            properties = {name: values.resolved(value) for name, value in raw["Properties"].items()}
            yield from _of_resource(where, raw["Type"], properties)


def arn_of(where: str, kind: str) -> str:
    """An ARN for a resource of the template: its name is not known, but it is one resource, of this account."""
    service = kind.split("::")[1].lower() if kind.count("::") == 2 else NAME
    if kind in ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::ManagedPolicy"):
        type_name = kind.rpartition("::")[2].lower().replace("managedpolicy", "policy")
        return f"arn:aws:iam::{PSEUDO['AWS::AccountId']}:{type_name}/{NAME}{where}"
    if service == "s3":
        return f"arn:aws:s3:::{NAME}{where.lower()}"
    return f"arn:aws:{service}:{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}:{NAME}{where}"


def _of_resource(where: str, kind: str, properties: Mapping[str, Any]) -> Iterator[Found]:
    if kind == "AWS::Organizations::Policy":
        kinds = {ORGANIZATION_KINDS.get(str(properties.get("Type")), "")} - {""}
        for one in kinds:
            yield replace(_found(where, "Content", one, properties.get("Content")), called=_called(properties, ""))
        return
    for name, value in documents(properties, ""):
        last = name.rpartition(".")[2]
        own = "identity" if kind.startswith(OF_IDENTITY) else "resource"
        found = _found(where, name, "trust" if last == "AssumeRolePolicyDocument" else own, value)
        yield replace(found, called=_called(properties, name))


def _called(properties: Mapping[str, Any], name: str) -> str:
    """The name that the policy has in AWS: an inline one its own, else that of the resource."""
    inline = re.fullmatch(r"Policies\[(\d+)\]\.PolicyDocument", name)
    holder = properties["Policies"][int(inline[1])] if inline else properties
    names = (holder.get(each) for each in ("PolicyName", "ManagedPolicyName", "RoleName", "Bucket", "Name"))
    return next((each for each in names if isinstance(each, str) and NAME not in each and not marks(each)), "")


def documents(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The policy documents in a property, by path; also texts in JSON, and those of which nothing is known."""
    if isinstance(value, str) and value.lstrip()[:1] == "{" and "Statement" in value:
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, Mapping) and "Statement" in value:
        yield name, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from documents(each, f"{name}.{key}".strip("."))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from documents(each, f"{name}[{index}]")
    elif is_unresolved(value) and _POLICY_NAMES.fullmatch(name.rpartition(".")[2]):
        yield name, value


def _found(where: str, name: str, kind: str, value: Any) -> Found:
    if isinstance(value, str) and not is_unresolved(value):
        try:
            value = json.loads(value)
        except ValueError:
            return Found(where, name, kind, None, ("a text that is not JSON",))
    if isinstance(value, Mapping):
        return Found(where, name, kind, value)
    return Found(where, name, kind, None, (value[1:-1] if isinstance(value, str) else "nothing",))


# -- intrinsic functions


class Values:
    """Resolves functions; what only the deployed stack knows is marked. `arns`: of the template's own resources."""

    def __init__(self, arns: Mapping[str, str]) -> None:
        self._arns = arns

    def resolved(self, value: Any) -> Any:
        """The value with its functions resolved."""
        if isinstance(value, list):
            made = (self.resolved(one) for one in value)
            return [each for each in made if each is not _NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((name, given),) = value.items()
            if name == "Ref" or str(name).startswith("Fn::"):
                return self._function(str(name), given)
        return {key: made for key, one in value.items() if (made := self.resolved(one)) is not _NO_VALUE}

    def _function(self, name: str, given: Any) -> Any:
        if name == "Ref":
            return _NO_VALUE if given == "AWS::NoValue" else self._reference(str(given), f"!Ref {given}")
        if name == "Fn::Sub":
            return self._sub(given)
        if name == "Fn::GetAtt" and isinstance(given, list) and len(given) == 2:
            words = ".".join(map(str, given))
            return self._reference(words, f"!GetAtt {words}")
        if name == "Fn::Join" and isinstance(given, list) and len(given) == 2 and isinstance(given[1], list):
            parts = self.resolved(given[1])
            if all(isinstance(part, str | int) for part in parts):
                return str(given[0]).join(map(str, parts))
        return mark(f"!{name.removeprefix('Fn::')} {given if isinstance(given, str) else '...'}")

    def _reference(self, name: str, words: str) -> str:
        """A pseudo parameter, a resource of the template (managed policies and topics are referred to by ARN), or one
        of its attributes; everything else is open.
        """
        where, _, attribute = name.partition(".")
        if where not in self._arns or attribute not in ("", "Arn"):
            return PSEUDO.get(name, mark(words))
        arn = self._arns[where]
        is_by_arn = attribute == "Arn" or ":policy/" in arn or ":sns:" in arn
        return arn if is_by_arn else arn.rpartition(":")[2].rpartition("/")[2]

    def _sub(self, given: Any) -> Any:
        text, own = (given[0], given[1]) if isinstance(given, list) and len(given) == 2 else (given, {})
        if not isinstance(text, str) or not isinstance(own, Mapping):
            return mark("!Sub ...")

        def value(found: re.Match[str]) -> str:
            if found[1]:
                return "${" + found[2] + "}"
            if found[2] in own:
                made = self.resolved(own[found[2]])
                return str(made) if isinstance(made, str | int) else mark(f"${{{found[2]}}}")
            return self._reference(found[2], "${" + found[2] + "}")

        return _VARIABLE.sub(value, text)


_NO_VALUE = object()
