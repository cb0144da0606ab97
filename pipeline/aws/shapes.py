"""The shapes of AWS's responses, without their content: names of members, and values that AWS chooses from a list.

For whoever wants to tell what a real organization answers that the models, or the demo's emulator, do not have. Names
that the model has are the model's own. Of others, and of values that the model does not list, only those are kept that
look like AWS's: nothing with figures (accounts, keys), separators (ARNs, addresses) or another style than the model's.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from pipeline.aws.answers import PREFIXES
from pipeline.aws.members import below, members

_NAME = re.compile(r"[A-Za-z]{2,40}")
_STYLES = (
    re.compile(r"[A-Z]+(?:_[A-Z]+)*"),
    re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)*"),
    re.compile(r"[a-z]+(?:[-_][a-z]+)*"),
)
LONGEST_VALUE = 40
WITHHELD = "(withheld)"
"""Stands for names and values that may be a customer's."""


class Shapes:
    """botocore `before-parse` handler that notes the shape of every successful response."""

    def __init__(self) -> None:
        self._members: dict[str, set[str]] = defaultdict(set)
        self._unlisted: dict[str, set[str]] = defaultdict(set)
        self._values: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._lock = threading.Lock()

    def __call__(self, operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
        if response_dict["status_code"] >= 300 or operation_model.has_streaming_output:
            return
        service = operation_model.service_model.service_name
        operation = f"{PREFIXES.get(service, service)}:{operation_model.name}"
        try:
            found = list(members(operation_model, response_dict["body"]))
        except (ValueError, ElementTree.ParseError):
            return
        with self._lock:
            for path, shape, text in found:
                if shape is None:
                    self._unlisted[operation].add(below(path, text if text and _NAME.fullmatch(text) else WITHHELD))
                    continue
                self._members[operation].add(path)
                if text and (listed := getattr(shape, "enum", None)):
                    self._values[operation][path].add(text if text in listed else _as_aws_writes(text, listed))

    def to_dict(self) -> dict[str, Any]:
        """By operation: `members`, `not_in_model`, and by member of the model the `values` that AWS chose."""
        operations = sorted(self._members.keys() | self._unlisted.keys())
        return {
            operation: {
                "members": sorted(self._members[operation]),
                "not_in_model": sorted(self._unlisted[operation]),
                "values": {path: sorted(values) for path, values in sorted(self._values[operation].items())},
            }
            for operation in operations
        }


def _as_aws_writes(text: str, listed: list[str]) -> str:
    """A value that the model does not list, if it is in the style of those that it does."""
    styles = [style for style in _STYLES if any(style.fullmatch(value) for value in listed)]
    is_plain = len(text) <= LONGEST_VALUE and any(style.fullmatch(text) for style in styles)
    return text if is_plain else WITHHELD
