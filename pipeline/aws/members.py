"""Members of responses that botocore's models do not have: a sign that the models are older than AWS.

botocore's parsers leave them out without a word. Only names are kept, and only those of members: the keys of a map,
such as tags, are a customer's own.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

UNLISTED = "UnlistedMembers"
"""Key in a parsed response: paths of the members that the operation's model does not have (`Roles[].NewMember`)."""
MOST_ANSWERS = 100
"""Responses of an operation that a worker looks at: reading each twice would cost a tenth of the night."""
Member = tuple[str, Any, str | None]
_OF_EVERY_ANSWER = frozenset({"ResponseMetadata", "requestId", "RequestId", "__type"})


class Watch:
    """botocore `before-parse` handler that adds `UNLISTED` to the parsed response if there are any."""

    def __init__(self) -> None:
        self._looked: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def __call__(
        self,
        operation_model: Any,
        response_dict: Mapping[str, Any],
        customized_response_dict: dict[str, Any],
        **_: Any,
    ) -> None:
        is_success = response_dict["status_code"] < 300 and not operation_model.has_streaming_output
        if not is_success or not self._may(operation_model):
            return
        try:
            found = sorted(set(unlisted(operation_model, response_dict["body"])))
        except (ValueError, ElementTree.ParseError):
            return  # botocore's parser says so of a cut answer
        if found:
            customized_response_dict[UNLISTED] = found

    def _may(self, operation_model: Any) -> bool:
        key = (operation_model.service_model.service_name, operation_model.name)
        with self._lock:
            self._looked[key] += 1
            return self._looked[key] <= MOST_ANSWERS


def unlisted(operation_model: Any, body: bytes) -> Iterator[str]:
    """Paths of the members in a response's body that the model of the operation does not have."""
    return (below(path, name or "") for path, shape, name in members(operation_model, body) if shape is None)


def members(operation_model: Any, body: bytes) -> Iterator[Member]:
    """Every member in a response's body: its path, its shape in the model, and its text.

    For one that the model does not have: the path of what it is in, None, and its name.
    """
    shape = operation_model.output_shape
    if shape is None or not body:
        return
    if payload := shape.serialization.get("payload"):
        shape = shape.members[payload]
    if shape.type_name != "structure":
        return
    protocol = operation_model.service_model.resolved_protocol
    if "json" in protocol:
        yield from _of_json(shape, json.loads(body), "")
    elif protocol in ("query", "ec2", "rest-xml"):
        root = ElementTree.fromstring(body)
        wrapper = shape.serialization.get("resultWrapper")
        found = next((child for child in root if _tag(child) == wrapper), root) if wrapper else root
        yield from _of_xml(shape, found, "")


def _of_json(shape: Any, value: Any, path: str) -> Iterator[Member]:
    if path:
        yield path, shape, value if isinstance(value, str) else None
    if shape.type_name == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        names = _on_the_wire(shape)
        for name, child in value.items():
            if name in names:
                yield from _of_json(shape.members[names[name]], child, below(path, names[name]))
            elif path or name not in _OF_EVERY_ANSWER:
                yield path, None, name
    elif shape.type_name == "list" and isinstance(value, list):
        for child in value:
            yield from _of_json(shape.member, child, f"{path}[]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for child in value.values():
            yield from _of_json(shape.value, child, f"{path}[]")


def _of_xml(shape: Any, element: ElementTree.Element, path: str) -> Iterator[Member]:
    if path:
        yield path, shape, element.text
    if shape.type_name == "structure":
        names = _on_the_wire(shape)
        for child in element:
            name = _tag(child)
            if name in names:
                member, inner = shape.members[names[name]], below(path, names[name])
                flat = _is_flat(member)
                yield from _of_xml(member.member if flat else member, child, f"{inner}[]" if flat else inner)
            elif path or name not in _OF_EVERY_ANSWER:
                yield path, None, name
    elif shape.type_name == "list":
        for child in element:
            yield from _of_xml(shape.member, child, f"{path}[]")


def _on_the_wire(shape: Any) -> dict[str, str]:
    """The members of a structure by their names in a response; a flattened list has the name of its members."""
    names = {}
    for name, member in shape.members.items():
        own = member.serialization.get("name", name)
        names[member.member.serialization.get("name", own) if _is_flat(member) else own] = name
    return names


def _is_flat(member: Any) -> bool:
    return member.type_name == "list" and bool(member.serialization.get("flattened"))


def below(path: str, name: str) -> str:
    """The path of a member."""
    return f"{path}.{name}" if path else name


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
