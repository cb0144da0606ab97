"""Answers from an account's estate: its items of a kind in the requested Region, page by page.

An estate is built on first use, once per night, from the account's name and roles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.paging import BadToken, take
from demo.organization.compute import furnish_compute
from demo.organization.estate import Estate, Thing
from demo.organization.machines import furnish_machines
from demo.organization.model import Account


def estate_of(call: Call, account: Account | None = None) -> Estate:
    """The estate of the caller's account, or of the given one; unchanged during a night."""
    owner = account or call.account
    key = f"estate|{owner.id}"
    if key not in call.state.jobs:
        estate = Estate(call.scene, owner)
        furnish_compute(estate)
        furnish_machines(estate)
        call.state.jobs.setdefault(key, estate)
    furnished: Estate = call.state.jobs[key]
    return furnished


def things(call: Call, kind: str) -> list[Thing]:
    """The caller's items of a kind in the requested Region."""
    return estate_of(call).of(kind, call.region)


def paged(call: Call, member: str, items: Sequence[Any], names: tuple[str, str, str], most: int) -> dict[str, Any]:
    """One page of a list. ``names`` are the service's names for input token, output token and page size."""
    token_in, token_out, size = names
    filters = sorted((k, str(v)) for k, v in call.parameters.items() if k not in (token_in, size))
    try:
        count = min(int(call.get(size, most)), most)
        page, token = take(items, call.get(token_in), count, f"{call.operation}{call.region}{filters}")
    except BadToken:
        raise ApiError("InvalidParameterException", f"Invalid {token_in}") from None
    return {member: list(page)} | ({token_out: token} if token else {})


def one(call: Call, kind: str, member: str, value: str, code: str = "ResourceNotFoundException") -> Thing:
    """The caller's item whose member has that value; raises an error if there is none."""
    for thing in things(call, kind):
        if value == thing[member]:
            return thing
    raise ApiError(code, f"{value} was not found", 404)
