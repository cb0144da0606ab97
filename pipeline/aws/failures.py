"""How a call to AWS fails: the classes of the ledger, and the guard that finds an answer that was cut off.

A cut JSON answer reads as an empty success in botocore: it does not hold the body against Content-Length, and its
parser turns what it cannot read into `{}`. So every answer is looked at before it is parsed.
"""

from __future__ import annotations

import json
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

ASSUME_ROLE = "sts:AssumeRole"
LONGEST_MESSAGE = 1000
TRANSIENT = frozenset({"throttled", "server_error", "connection", "timeout", "truncated"})

# fmt: off
THROTTLED = frozenset({
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
    "RequestLimitExceeded", "TooManyRequestsException", "LimitExceededException", "BandwidthLimitExceeded",
    "PriorRequestNotComplete", "SlowDown", "TransactionInProgressException", "EC2ThrottledException",
})
SERVER = frozenset({
    "InternalFailure", "InternalError", "InternalServerError", "InternalServerException", "InternalServiceError",
    "ServiceException", "ServiceFailure", "ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout",
    "RequestTimeoutException", "ConcurrentModification", "ConcurrentModificationException",
})
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
UNKNOWN_KEY = frozenset({
    "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId",
    "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
})
DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException", "AuthorizationError",
    "AuthorizationErrorException", "NotAuthorized", "Forbidden", "ForbiddenException",
})
REGION_DISABLED = frozenset({"RegionDisabledException", "OptInRequired"})
NOT_SUPPORTED = frozenset({
    "UnsupportedAPIEndpointException", "UnsupportedOperation", "UnsupportedOperationException",
    "UnknownOperationException", "InvalidAction", "NotImplemented", "NotImplementedByEmulator",
    "ServiceNotSupportedException", "NotSupportedService",
})
# fmt: on
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


class CallFailed(Exception):
    """A call that did not succeed, after all its attempts. `error_class` is the ledger's word for why."""

    def __init__(self, operation: str, error_class: str, error_code: str | None, message: str, region: str) -> None:
        super().__init__(operation, error_class, error_code, message, region)
        self.operation = operation
        self.error_class = error_class
        self.error_code = error_code
        self.message = message[:LONGEST_MESSAGE]
        self.region = region

    def __str__(self) -> str:
        return f"{self.operation} in {self.region}: {self.error_class}: {self.message}"

    @property
    def is_transient(self) -> bool:
        """Whether the same call may well succeed a moment later. A denial never is."""
        return self.error_class in TRANSIENT


class NotOffered(BotoCoreError):  # type: ignore[misc]
    """No endpoint answers, and botocore knows of none for the service in the region."""

    fmt = "{service} has no endpoint in {region}"


class CutAnswer(Exception):
    """An answer that is shorter than announced, is not what its protocol asks for, or lacks what was asked for."""


ERRORS = (BotoCoreError, ClientError, ResponseParserError, CutAnswer)


def guard(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Botocore `before-parse` handler. Raises `CutAnswer`."""
    if operation_model.has_streaming_output:
        return
    body, headers = response_dict["body"], response_dict["headers"]
    announced = headers.get("content-length")
    if announced is not None and "content-encoding" not in headers and len(body) != int(announced):
        raise CutAnswer(f"{len(body)} of {announced} bytes came")
    if body and response_dict["status_code"] < 300 and "json" in operation_model.service_model.resolved_protocol:
        try:
            json.loads(body)
        except ValueError as error:
            raise CutAnswer(f"the answer is not JSON: {error}") from error


def classed(operation: str, region: str, error: Exception, is_trusted: bool = False) -> CallFailed:
    """The error of one attempt, classed. `is_trusted`: these credentials have worked elsewhere already."""
    if isinstance(error, ClientError):
        code, message = (error.response["Error"].get("Code", ""), error.response["Error"].get("Message", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        error_class = _class_of_answer(operation, code, message, status, is_trusted)
        return CallFailed(operation, error_class, code or None, message or f"HTTP status {status}", region)
    return CallFailed(operation, _class_of_exception(error), type(error).__name__, str(error), region)


def _class_of_answer(operation: str, code: str, message: str, status: int, is_trusted: bool) -> str:
    if code in THROTTLED or status == 429:
        return "throttled"
    if code in SERVER or (status >= 500 and code not in NOT_SUPPORTED):
        return "server_error"
    if code in EXPIRED:
        return "expired_credentials"
    if code in UNKNOWN_KEY:
        # Credentials that work elsewhere are unknown in a region that the account has not switched on.
        return "region_disabled" if is_trusted else "expired_credentials"
    if code in REGION_DISABLED:
        return "region_disabled"
    if code in NOT_SUPPORTED:
        return "not_supported"
    if code in DENIED or status == 403:
        if operation == ASSUME_ROLE:
            return "assume_role_failed"
        return next((found for words, found in DENIED_BY if words in message), "iam_deny")
    if code.isdigit():
        return "truncated"  # botocore found no error in the body and took the HTTP status for its code
    if code == "NoSuchEntity" or code.endswith(("NotFound", "NotFoundException")):
        return "not_found"
    return "invalid_request"


def _class_of_exception(error: Exception) -> str:
    if isinstance(error, (ReadTimeoutError, ConnectTimeoutError)):
        return "timeout"
    if isinstance(error, (HTTPClientError, ConnectionError)):
        return "connection"
    if isinstance(error, (ResponseParserError, CutAnswer)):
        return "truncated"
    if isinstance(error, CREDENTIAL_ERRORS):
        return "expired_credentials"
    if isinstance(error, (UnknownServiceError, NotOffered)):
        return "not_supported"
    return "invalid_request"
