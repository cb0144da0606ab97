"""Validates responses before they are used: complete, and of the requested operation.

botocore takes a truncated JSON response for an empty success: it does not compare the body with Content-Length, and
its parser turns unparsable text into `{}`. HTML, another service's response, `null` or a list also looks like an empty
success, or breaks the parser. So responses are checked before parsing, and their members afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pipeline import knowledge
from pipeline.aws.failures import CallFailed, CutAnswer, NoAwsAnswer, no_answer_of_aws

FIRST_ELEMENT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?([\w.]+)", re.DOTALL
)
# What only the service prefix of IAM policies calls otherwise.
PREFIXES = {"accessanalyzer": "access-analyzer", "keyspaces": "cassandra", "sso-admin": "sso"}


def guard(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """botocore `before-parse` handler. Raises `CutAnswer`, and `NoAwsAnswer` for an error that is not from AWS."""
    if operation_model.has_streaming_output:
        return
    body, headers, status = response_dict["body"], response_dict["headers"], response_dict["status_code"]
    announced = headers.get("content-length")
    if announced is not None and "content-encoding" not in headers and not _is_length(announced, len(body)):
        raise CutAnswer(f"{len(body)} of {announced} bytes came")
    if status >= 300:
        if _begins_as_success(operation_model, body):  # botocore makes 500 of an S3 success that it cannot parse
            raise CutAnswer(f"the answer breaks off after {len(body)} bytes")
        if no_answer_of_aws(operation_model, status, headers, body):
            raise NoAwsAnswer(status, body)
    elif body or _has_text_payload(operation_model):
        _check_success(operation_model, body)


def _begins_as_success(operation_model: Any, body: bytes) -> bool:
    root = _root(operation_model, operation_model.service_model.resolved_protocol)
    first = FIRST_ELEMENT.match(body) if root else None
    return first is not None and first[1].decode() == root


def _is_length(announced: str, length: int) -> bool:
    return not announced.isdigit() or int(announced) == length


def _check_success(operation_model: Any, body: bytes) -> None:
    protocol = operation_model.service_model.resolved_protocol
    if "json" in protocol or _has_text_payload(operation_model):
        try:
            parsed = json.loads(body)
        except ValueError as error:
            raise CutAnswer(f"the answer is not JSON: {error}") from error
        except RecursionError as error:
            raise CutAnswer("the answer is nested too deeply") from error
        if not isinstance(parsed, dict):
            raise CutAnswer(f"the answer is JSON, but no object: {body[:40]!r}")
    elif root := _root(operation_model, protocol):
        first = FIRST_ELEMENT.match(body)
        if first is None or first[1].decode() != root:
            raise CutAnswer(f"the answer is not a {root}, but begins {body[:80]!r}")
        wrapper = getattr(operation_model.output_shape, "serialization", {}).get("resultWrapper")
        if wrapper and f"<{wrapper}".encode() not in body:
            raise CutAnswer(f"the answer has no {wrapper}")


def _has_text_payload(operation_model: Any) -> bool:
    """Whether the body is a single string member, such as the JSON policy of GetBucketPolicy."""
    shape = operation_model.output_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    return bool(payload) and shape.members[payload].type_name == "string"


def _root(operation_model: Any, protocol: str) -> str | None:
    """The expected root element of an XML response; None if unknown."""
    name: str = operation_model.name
    if protocol in ("query", "ec2"):
        return f"{name}Response"
    service = operation_model.service_model.service_name
    return _data()["roots"].get(f"{PREFIXES.get(service, service)}:{name}")


def always(operation: str) -> list[list[str]]:
    """Members that a response of the operation always has: at least one of each list."""
    lists: list[list[str]] = _data()["always"].get(operation, [])
    return lists


def check_members(answer: dict[str, Any], needs: list[list[str]]) -> None:
    """Raise `CutAnswer` if the response has none of the members of one of the lists."""
    for names in needs:
        if not any(name in answer for name in names):
            raise CutAnswer(f"the answer lacks {' and '.join(names)}")


@cache
def _data() -> Mapping[str, Mapping[str, Any]]:
    return knowledge.load("aws_answers").facts


class Members(dict[str, Any]):
    """A structure in a response. Access to a missing member raises an error with operation, path and member."""

    __slots__ = ("_where",)

    def __init__(self, values: dict[str, Any], where: str) -> None:
        super().__init__(values)
        self._where = where

    def __missing__(self, member: str) -> Any:
        raise MemberMissing(member, self)

    @property
    def where(self) -> str:
        return self._where


class MemberMissing(KeyError):
    """A member that AWS always returns is missing from a response."""

    def __init__(self, member: str, of: Members) -> None:
        super().__init__(member)
        self.member, self.of = member, of

    def __str__(self) -> str:
        return f"{self.of.where} lacks {self.member}{_named(self.of)}"

    def failed(self, region: str) -> CallFailed:
        """The error as a failure of the operation."""
        return CallFailed(self.of.where.partition(".")[0], "truncated", None, str(self), region)


def _named(of: Members) -> str:
    """The name of the resource: the first of its identifying members."""
    names = ("Arn", "arn", "ARN", "Id", "id", "Name", "name")
    text = next((of[k] for end in names for k in of if k.endswith(end) and isinstance(of[k], str)), None)
    return f" of {text}" if text else ""


def named(value: Any, where: str) -> Any:
    """A response with all nested structures as `Members`. Policy documents are left unchanged."""
    if isinstance(value, dict):
        return Members(
            {key: child if "Document" in key else named(child, f"{where}.{key}") for key, child in value.items()}, where
        )
    if isinstance(value, list):
        return [named(item, where) for item in value]
    return value
