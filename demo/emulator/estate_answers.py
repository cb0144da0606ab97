"""Answers from an account's estate: its things of a kind in the region asked, a page at a time.

An estate is made when it is first asked for, once a night, from the account's name and its roles.
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
    """The estate of the caller's account, or of the one given; the same all night."""
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
    """The caller's things of a kind in the region asked."""
    return estate_of(call).of(kind, call.region)


def paged(call: Call, member: str, items: Sequence[Any], names: tuple[str, str, str], most: int) -> dict[str, Any]:
    """One page of a list. ``names`` are what the service calls the token asked, the token given and the page's size."""
    token_in, token_out, size = names
    filters = sorted((k, str(v)) for k, v in call.parameters.items() if k not in (token_in, size))
    try:
        count = min(int(call.get(size, most)), most)
        page, token = take(items, call.get(token_in), count, f"{call.operation}{call.region}{filters}")
    except BadToken:
        raise ApiError("InvalidParameterException", f"Invalid {token_in}") from None
    return {member: list(page)} | ({token_out: token} if token else {})


def one(call: Call, kind: str, member: str, value: str, code: str = "ResourceNotFoundException") -> Thing:
    """The caller's thing whose member has that value; an error where there is none."""
    for thing in things(call, kind):
        if value == thing[member]:
            return thing
    raise ApiError(code, f"{value} was not found", 404)
