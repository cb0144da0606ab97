"""Amazon Keyspaces: keyspaces, AWS's own among them."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.estate_answers import estate_of, paged, things
from demo.organization.machine_parts import keyspace

SYSTEM = ("system", "system_multiregion_info", "system_schema", "system_schema_mcs")


def list_keyspaces(call: Call) -> dict[str, Any]:
    own = [keyspace(estate_of(call), name, call.region) for name in SYSTEM]
    return paged(call, "keyspaces", own + things(call, "keyspaces"), ("nextToken", "nextToken", "maxResults"), 1000)
