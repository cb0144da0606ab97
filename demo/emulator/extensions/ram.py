"""RAM: the resource shares an account owns, and their principals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.paging import BadToken, take
from demo.organization.model import ResourceShare


def get_resource_shares(call: Call) -> dict[str, Any]:
    rows = [
        {
            "resourceShareArn": s.arn,
            "name": s.name,
            "owningAccountId": call.account.id,
            "allowExternalPrincipals": s.allows_external,
            "status": "ACTIVE",
            "creationTime": s.created,
            "lastUpdatedTime": s.created,
            "featureSet": "STANDARD",
        }
        for s in _shares(call)
    ]
    return _paged(call, "resourceShares", rows)


def list_principals(call: Call) -> dict[str, Any]:
    accounts = call.organization.accounts
    rows = [
        {
            "id": principal,
            "resourceShareArn": s.arn,
            "creationTime": s.created,
            "lastUpdatedTime": s.created,
            "external": principal.isdigit() and principal not in accounts,
        }
        for s in _shares(call)
        for principal in s.principals
    ]
    return _paged(call, "principals", rows)


def _shares(call: Call) -> list[ResourceShare]:
    """The caller's own shares in the Region; shares from others are not emulated and always empty."""
    owned = call.account.shares if call.need("resourceOwner") == "SELF" else []
    return [share for share in owned if share.arn.split(":")[3] == call.region]


def _paged(call: Call, member: str, items: Sequence[Any]) -> dict[str, Any]:
    scope = f"{call.operation}{call.parameters.get('resourceOwner')}"
    try:
        page, token = take(items, call.get("nextToken"), int(call.get("maxResults", 100)), scope)
    except BadToken:
        raise ApiError("InvalidNextTokenException", "The specified value for NextToken is not valid.") from None
    return {member: list(page)} | ({"nextToken": token} if token else {})
