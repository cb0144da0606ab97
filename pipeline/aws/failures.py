"""Failures of AWS calls: the ledger's error classes, and how errors are classified.

AWS's error codes are data (`knowledge/aws_errors.toml`, with sources). The class determines the reaction: `TRANSIENT`
errors are retried after a pause; a denial never is; responses that are not from AWS (`not_aws`, `not_implemented`) are
not retried either.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    HTTPClientError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
    UnknownServiceError,
)
from botocore.parsers import ResponseParserError

from pipeline import knowledge

ASSUME_ROLE = "sts:AssumeRole"
LONGEST_MESSAGE = 1000
TRANSIENT = frozenset({"throttled", "in_progress", "server_error", "connection", "timeout", "truncated", "clock_skew"})
NOT_AWS = frozenset({"not_aws", "not_implemented"})
"""The responder is not an AWS service, or does not implement the operation: other accounts need not try."""
CREDENTIAL_ERRORS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    SSOError,
    LoginError,
)
# AWS's own words for the policy that denied, in the order in which they are looked for.
DENIED_BY = (
    ("service control policy", "scp_deny"),
    ("resource control policy", "rcp_deny"),
    ("permissions boundary", "boundary_deny"),
)
# "Signature expired: 20261123T020000Z is now earlier than 20261123T030000Z (...)", "Signature not yet current: ...".
TWO_MOMENTS = re.compile(
    r"signature (expired|not yet current)|is (now earlier|still later) than \d{8}T\d{6}Z"
    r"|request time and the current time",
    re.IGNORECASE,
)
NOT_FOUND_ENDINGS = ("NotFound", "NotFoundException")


class CallFailed(Exception):
    """A call that failed after all attempts. `error_class` is the ledger's class."""

    def __init__(self, operation: str, error_class: str, error_code: str | None, message: str, region: str) -> None:
        super().__init__(operation, error_class, error_code, message, region)
        self.operation = operation
        self.error_class = error_class
        self.error_code = error_code
        self.message = without_secrets(message)[:LONGEST_MESSAGE]
        self.region = region

    def __str__(self) -> str:
        return f"{self.operation} in {self.region}: {self.error_class}: {self.message}"

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed a moment later. False for a denial."""
        return self.error_class in TRANSIENT

    @property
    def is_denied_there(self) -> bool:
        """Whether an SCP denied the operation, and not the role with which to ask for it."""
        return self.error_class == "scp_deny" and self.operation != ASSUME_ROLE


class NotOffered(BotoCoreError):  # type: ignore[misc]
    """No endpoint responds, and botocore lists none for the service in the Region."""

    fmt = "{service} has no endpoint in {region}"


class CutAnswer(Exception):
    """A response that is shorter than announced, violates its protocol, or lacks the requested data."""


class NoAwsAnswer(Exception):
    """An error that is not in an AWS format: from a proxy, a gateway, or an AWS substitute."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        text = " ".join(re.sub(r"<[^>]*>", " ", body[:2000].decode("utf-8", "replace")).split())[:200]
        super().__init__(f"HTTP status {status} without an error of AWS" + (f": {text}" if text else ""))


def without_secrets(text: str) -> str:
    """The text without user names and passwords in URLs."""
    return re.sub(r"(?<=://)[^/\s@]+@", "***@", text)


ERRORS = (BotoCoreError, ClientError, ResponseParserError, CutAnswer, NoAwsAnswer)


@cache
def codes() -> dict[str, str]:
    """Error code to class, from `knowledge/aws_errors.toml`."""
    listed = knowledge.load("aws_errors").facts["codes"]
    return {code: kind for kind, names in listed.items() for code in names}


def classed(operation: str, region: str, error: Exception, is_trusted: bool = False) -> CallFailed:
    """The error of one attempt, classified. `is_trusted`: these credentials have already worked elsewhere."""
    if isinstance(error, ClientError):
        code, message = (error.response["Error"].get("Code", ""), error.response["Error"].get("Message", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        error_class = _class_of_answer(operation, code, message, status, is_trusted)
        return CallFailed(operation, error_class, code or None, message or f"HTTP status {status}", region)
    if isinstance(error, NoAwsAnswer):
        return CallFailed(operation, _class_of_status(error.status), str(error.status), str(error), region)
    return CallFailed(operation, _class_of_exception(error), type(error).__name__, words(error), region)


def words(error: Exception) -> str:
    """The message of an exception. Output of a credential helper is omitted, because it may contain secrets."""
    if isinstance(error, CredentialRetrievalError):
        return f"no credentials from {error.kwargs.get('provider')}; run it by hand to see why"
    return without_secrets(str(error))


def _class_of_answer(operation: str, code: str, message: str, status: int, is_trusted: bool) -> str:
    kind = codes().get(code)
    if kind == "unknown_key":
        if TWO_MOMENTS.search(message):
            return "clock_skew"
        # Credentials that work elsewhere: an opt-in region takes no token of the global STS endpoint.
        return "token_refused" if is_trusted else "expired_credentials"
    if kind == "denied" or (kind is None and status == 403 and code and not code.isdigit()):
        otherwise = "assume_role_failed" if operation == ASSUME_ROLE else "iam_deny"
        return next((error_class for words, error_class in DENIED_BY if words in message), otherwise)
    if kind:
        return kind
    if not code or code.isdigit() or status == 429 or status >= 500:
        return _class_of_status(status or (int(code) if code.isdigit() else 0))
    return "not_found" if code.endswith(NOT_FOUND_ENDINGS) else "invalid_request"


def _class_of_status(status: int) -> str:
    """The class of a response without an AWS error code."""
    if status == 429:
        return "throttled"
    if status == 501:
        return "not_implemented"
    return "server_error" if status >= 500 else "not_aws"


def _class_of_exception(error: Exception) -> str:
    if isinstance(error, (ReadTimeoutError, ConnectTimeoutError)):
        return "timeout"
    if isinstance(error, (HTTPClientError, ConnectionError)):
        return "connection"
    if isinstance(error, (ResponseParserError, CutAnswer)):
        return "truncated"
    if isinstance(error, CREDENTIAL_ERRORS):
        return "expired_credentials"
    if isinstance(error, NotOffered):
        return "not_offered"
    return "not_supported" if isinstance(error, UnknownServiceError) else "invalid_request"


def no_answer_of_aws(operation_model: Any, status: int, headers: Any, body: bytes) -> bool:
    """Whether an error response does not have the format of its protocol."""
    if "x-amzn-errortype" in headers:
        return False
    protocol = operation_model.service_model.resolved_protocol
    if "json" in protocol:
        return not re.match(rb"\s*\{", body)
    return b"<Code>" not in body and b"<code>" not in body
