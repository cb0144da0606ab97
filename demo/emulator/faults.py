"""Injected faults: rules that make calls fail like AWS and the network do.

A rule is ``{"account", "service", "operation", "region", "path", "kind", "times", "delay"}``; a missing or null member
(or ``"*"`` as operation or service) matches anything. ``times`` runs a rule out, ``delay`` is in seconds, ``path`` is
a pattern of the request's path (S3: ``/bucket/key*``).
``account`` also matches the account whose role an AssumeRole asks for.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from demo.emulator.errors import ApiError, common_error
from demo.emulator.guardrails import SCP_DENY
from demo.emulator.wire import Reply, protocol_of, write_error

ANSWERS = ("deny", "scp_deny", "throttle", "server_error", "expired")
DAMAGES = ("truncate", "reset", "malformed")
KINDS = (*ANSWERS, *DAMAGES, "stall")


@dataclass
class Rule:
    kind: str
    account: str | None = None
    service: str | None = None
    operation: str | None = None
    region: str | None = None
    path: str | None = None
    times: int | None = None
    delay: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is not one of {', '.join(KINDS)}")

    def matches(self, accounts: set[str | None], service: str, operation: str, region: str, path: str) -> bool:
        return (
            self.times != 0
            and (self.account is None or self.account in accounts)
            and self.service in (None, "*", service)
            and self.operation in (None, "*", operation)
            and self.region in (None, "*", region)
            and (self.path is None or fnmatchcase(path, self.path))
        )


class Faults:
    """The rules now in force; the first that matches a call is applied and used up by one."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def replace(self, rules: list[dict[str, Any]]) -> None:
        """Raises ValueError or TypeError for a rule that makes no sense."""
        fresh = [Rule(**rule) for rule in rules]
        with self._lock:
            self._rules = fresh

    def find(self, accounts: set[str | None], service: str, operation: str, region: str, path: str) -> Rule | None:
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if rule.matches(accounts, service, operation, region, path):
                    if rule.times is not None:
                        rule.times -= 1
                    return rule
        return None


def denial(caller: str, service: str, operation: str, resource: str, reason: str) -> ApiError:
    """AWS's message for a denied call; ``reason`` is its last part."""
    action = f"{action_prefix(service)}:{operation}"
    message = f"User: {caller} is not authorized to perform: {action} on resource: {resource} {reason}"
    return common_error("denied", protocol_of(service), service, message.format(action=action).strip())


NO_POLICY = "because no identity-based policy allows the {action} action"
NO_SESSION_POLICY = "because no session policy allows the {action} action"
_PREFIXES = {"accessanalyzer": "access-analyzer", "keyspaces": "cassandra", "sso-admin": "sso"}


def action_prefix(service: str) -> str:
    """The service prefix used in policies."""
    return _PREFIXES.get(service, service)


def refuse(rule: Rule, service: str, operation: str, caller: str, resource: str) -> Reply:
    """The answer of a rule that answers in place of the service."""
    protocol = protocol_of(service)
    if rule.kind in ("deny", "scp_deny"):
        # A role that does not let the caller in gives no reason.
        plain = "" if operation == "AssumeRole" else NO_POLICY
        reason = SCP_DENY if rule.kind == "scp_deny" else plain
        error = denial(caller, service, operation, resource, reason)
    elif rule.kind == "throttle":
        error = common_error("throttled", protocol, service, "Rate exceeded")
    elif rule.kind == "expired":
        error = common_error("expired", protocol, service, "The security token included in the request is expired")
    else:
        error = common_error("server", protocol, service, "We encountered an internal error. Please try again.")
    return write_error(service, error)
