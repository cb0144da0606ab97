"""The identity store: people, groups and memberships."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.extensions.ssoadmin import paged
from demo.organization.model_organization import Person


def describe_identity_store(call: Call) -> dict[str, Any]:
    store = _store(call)
    arn = f"arn:aws:identitystore::{call.organization.management_id}:identitystore/{store}"
    return {"IdentityStoreId": store, "IdentityStoreArn": arn, "NetworkConfiguration": {"VpceAccessRequired": False}}


def list_users(call: Call) -> dict[str, Any]:
    store = _store(call)
    return paged(call, "Users", [_person(call, store, p) for p in call.organization.people.values()])


def describe_user(call: Call) -> dict[str, Any]:
    store = _store(call)
    for person in call.organization.people.values():
        if person.id == call.need("UserId"):
            return _person(call, store, person)
    raise ApiError("ResourceNotFoundException", "USER not found.", 404)


def list_groups(call: Call) -> dict[str, Any]:
    store = _store(call)
    rows = [
        {
            "IdentityStoreId": store,
            "GroupId": t.id,
            "GroupArn": f"arn:aws:identitystore:::group/{t.id}",
            "Revision": "1",
            "DisplayName": t.name,
        }
        for t in call.organization.teams.values()
    ]
    return paged(call, "Groups", rows)


def list_group_memberships(call: Call) -> dict[str, Any]:
    store, group_id = _store(call), call.need("GroupId")
    for team in call.organization.teams.values():
        if team.id == group_id:
            rows = [
                {
                    "IdentityStoreId": store,
                    "MembershipId": f"{team.id[:10]}-{member[11:]}",
                    "MembershipArn": f"arn:aws:identitystore:::membership/{team.id[:10]}-{member[11:]}",
                    "GroupId": team.id,
                    "MemberId": {"UserId": member},
                }
                for member in team.members
            ]
            return paged(call, "GroupMemberships", rows)
    raise ApiError("ResourceNotFoundException", "GROUP not found.", 404)


def _store(call: Call) -> str:
    """The store's id, if it exists and the caller may read it; only the organization's own has people."""
    org, store_id = call.organization, call.need("IdentityStoreId")
    instance = next((i for i in org.instances if i.store_id == store_id), None)
    if instance is None or instance.owner != org.management_id:
        raise ApiError("ResourceNotFoundException", "IDENTITY_STORE not found.", 404)
    if not (call.is_management or call.is_delegated("sso.amazonaws.com")):
        message = f"User: {call.session.arn} is not authorized to perform: identitystore:{call.operation}"
        raise ApiError("AccessDeniedException", message)
    return instance.store_id


def _person(call: Call, store: str, person: Person) -> dict[str, Any]:
    given, family = person.name.split(" ", 1)
    return {
        "IdentityStoreId": store,
        "UserId": person.id,
        "UserArn": f"arn:aws:identitystore:::user/{person.id}",
        "Revision": "1",
        "UserName": person.login,
        "DisplayName": person.name,
        "Name": {"GivenName": given, "FamilyName": family},
        "Emails": [{"Value": person.email, "Type": "work", "Primary": True}],
        "UserStatus": "ENABLED" if person.enabled else "DISABLED",
        "ExternalIds": [{"Issuer": "https://scim.halden.example", "Id": person.login}],
        "CreatedAt": call.scene.ago(700, person.login),
    }
