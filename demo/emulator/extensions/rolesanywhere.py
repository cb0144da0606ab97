"""IAM Roles Anywhere: trust anchors, profiles and revocation lists."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.estate_answers import paged, things

NAMES = ("nextToken", "nextToken", "pageSize")


def list_trust_anchors(call: Call) -> dict[str, Any]:
    return paged(call, "trustAnchors", things(call, "trust anchors"), NAMES, 100)


def list_profiles(call: Call) -> dict[str, Any]:
    return paged(call, "profiles", things(call, "profiles"), NAMES, 100)


def list_crls(call: Call) -> dict[str, Any]:
    return paged(call, "crls", things(call, "crls"), NAMES, 100)
