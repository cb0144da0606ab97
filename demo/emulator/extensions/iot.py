"""AWS IoT: role aliases of the credential provider."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.estate_answers import one, paged, things


def list_role_aliases(call: Call) -> dict[str, Any]:
    names = [alias["roleAlias"] for alias in things(call, "role aliases")]
    return paged(call, "roleAliases", names, ("marker", "nextMarker", "pageSize"), 250)


def describe_role_alias(call: Call) -> dict[str, Any]:
    return {"roleAliasDescription": one(call, "role aliases", "roleAlias", call.need("roleAlias"))}
