"""Who signed a request, and what it is about, as errors and fault rules name them."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Session
from demo.emulator.errors import ApiError, common_error
from demo.emulator.wire import Signature, protocol_of


def valid(session: Session | None, signature: Signature) -> Session:
    if session is None or session.token != signature.token:
        raise bad_key(signature.service)
    if session.is_expired:
        message = "The security token included in the request is expired"
        raise common_error("expired", protocol_of(signature.service), signature.service, message)
    return session


def bad_key(service: str) -> ApiError:
    message = "The security token included in the request is invalid."
    return common_error("unknown_key", protocol_of(service), service, message)


def target(parameters: dict[str, Any] | None) -> str | None:
    """The account whose role an AssumeRole asks for."""
    parts = str((parameters or {}).get("RoleArn", "")).split(":")
    return parts[4] if len(parts) > 4 else None


def resource_of(service: str, operation: str, account_id: str | None, parameters: dict[str, Any] | None) -> str:
    """The resource that AWS names in a denial: the requested user or role, or the listed kind."""
    if operation == "AssumeRole":
        return str((parameters or {}).get("RoleArn", "*"))
    if service != "iam":
        return "*"
    for kind in ("User", "Role", "Group"):
        name = (parameters or {}).get(f"{kind}Name")
        if name or operation.endswith(f"{kind}s"):
            return f"arn:aws:iam::{account_id}:{kind.lower()}/{name or ''}"
    return "*"
