"""The errors a service answers with: a code, AWS's wording, and the HTTP status."""

from __future__ import annotations


class ApiError(Exception):
    """An error response; the wire layer writes it in the service's own protocol."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def no_such_entity(message: str) -> ApiError:
    """IAM's answer for something that is not there."""
    return ApiError("NoSuchEntity", message, 404)


# What each protocol calls the errors that any service can give: (code, HTTP status).
_NAMES = {
    "denied": {
        "query": ("AccessDenied", 403),
        "json": ("AccessDeniedException", 400),
        "rest-json": ("AccessDeniedException", 403),
        "ec2": ("UnauthorizedOperation", 403),
        "rest-xml": ("AccessDenied", 403),
    },
    "throttled": {
        "query": ("Throttling", 400),
        "json": ("ThrottlingException", 400),
        "rest-json": ("ThrottlingException", 429),
        "ec2": ("RequestLimitExceeded", 503),
        "rest-xml": ("SlowDown", 503),
    },
    "expired": {
        "query": ("ExpiredToken", 403),
        "json": ("ExpiredTokenException", 400),
        "rest-json": ("ExpiredTokenException", 403),
        "ec2": ("RequestExpired", 400),
        "rest-xml": ("ExpiredToken", 400),
    },
    "unknown_key": {
        "query": ("InvalidClientTokenId", 403),
        "json": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
        "ec2": ("AuthFailure", 401),
        "rest-xml": ("InvalidAccessKeyId", 403),
    },
    "server": {
        "query": ("InternalFailure", 500),
        "json": ("InternalFailure", 500),
        "rest-json": ("InternalServerException", 500),
        "ec2": ("InternalError", 500),
        "rest-xml": ("InternalError", 500),
    },
}
_OWN_NAMES = {
    ("throttled", "organizations"): ("TooManyRequestsException", 400),
    ("throttled", "account"): ("TooManyRequestsException", 429),
    ("server", "organizations"): ("ServiceException", 500),
    ("server", "iam"): ("ServiceFailure", 500),
}


def common_error(kind: str, protocol: str, service: str, message: str) -> ApiError:
    """An error any service can give, under the name this service and protocol use for it."""
    code, status = _OWN_NAMES.get((kind, service)) or _NAMES[kind][protocol]
    return ApiError(code, message, status)
