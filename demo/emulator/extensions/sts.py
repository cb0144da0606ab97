"""STS: GetCallerIdentity, and AssumeRole if the role's trust policy allows it."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.organization.model import Document, Role

LONGEST_SESSION_POLICY = 2048


def get_caller_identity(call: Call) -> dict[str, Any]:
    session = call.session
    return {"UserId": _user_id(call), "Account": session.account_id, "Arn": session.arn}


def assume_role(call: Call) -> dict[str, Any]:
    """Checks trust policy, external ID and the role's maximum session duration, like STS."""
    arn, name = call.need("RoleArn"), call.need("RoleSessionName")
    role = _find(call, arn)
    if role is None or not _trusts(role.trust, call):
        raise ApiError(
            "AccessDenied",
            f"User: {call.session.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            403,
        )
    # A role chain (a session assuming a role) may not last longer than an hour.
    seconds = int(call.get("DurationSeconds", 3600))
    if seconds > 3600:
        raise ApiError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    policy = call.get("Policy")
    if policy and len(policy) > LONGEST_SESSION_POLICY:
        raise ApiError("ValidationError", "Member must have length less than or equal to 2048")
    session = call.sessions.issue(arn.split(":")[4], role.name, name, seconds, policy)
    return {
        "Credentials": {
            "AccessKeyId": session.access_key,
            "SecretAccessKey": session.secret,
            "SessionToken": session.token,
            "Expiration": session.expires,
        },
        "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{name}", "Arn": session.arn},
    }


def _user_id(call: Call) -> str:
    role = call.account.roles.get(call.session.role)
    return f"{role.id if role else 'AROAUNKNOWN'}:{call.session.name}"


def _find(call: Call, arn: str) -> Role | None:
    parts = arn.split(":", 5)
    if len(parts) != 6:
        raise ApiError("ValidationError", f"{arn} is invalid")
    account = call.organization.accounts.get(parts[4])
    if account is None or account.state != "ACTIVE":
        return None
    return next((r for r in account.roles.values() if r.arn == arn), None)


def _trusts(trust: Document, call: Call) -> bool:
    return any(_allows(s, call) for s in _list(trust.get("Statement")))


def _allows(statement: Document, call: Call) -> bool:
    session = call.session
    forms = {
        "*",
        session.account_id,
        f"arn:aws:iam::{session.account_id}:root",
        f"arn:aws:iam::{session.account_id}:role/{session.role}",
        session.arn,
    }
    principal = statement.get("Principal", {})
    named = _list(principal if isinstance(principal, str) else principal.get("AWS"))
    needed = {"sts:AssumeRole"}
    needed |= {"sts:TagSession"} if call.get("Tags") else set()
    needed |= {"sts:SetSourceIdentity"} if call.get("SourceIdentity") else set()
    if statement["Effect"] != "Allow" or not needed <= set(_list(statement.get("Action"))):
        return False
    context = {"sts:ExternalId": call.get("ExternalId"), "aws:PrincipalOrgID": call.organization.id}
    conditions = statement.get("Condition", {})
    return bool(forms & set(named)) and all(
        operator == "StringEquals" and context.get(key) in _list(values)
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
