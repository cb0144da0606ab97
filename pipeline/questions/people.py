"""Permission sets under their own names with the people assigned, instead of the roles that Identity Center makes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from pipeline.policy.callers import account_of, caller
from pipeline.questions.published import Published

_RESERVED = re.compile(r"AWSReservedSSO_(?P<name>.+)_[0-9a-z]{16}")
ASSIGNMENTS = """
select distinct account_id, permission_set_name, principal_type, coalesce(principal_name, principal_id) as name
from int_permission_set_assignments order by all"""


def permission_set_of(arn: str) -> str:
    """The permission set that Identity Center made the role for; "" for all others."""
    match = _RESERVED.fullmatch(caller(arn).name) if ":role/aws-reserved/sso.amazonaws.com/" in arn else None
    return match["name"] if match else ""


class People:
    """Who is assigned to which permission set."""

    def __init__(self, night: Published) -> None:
        self._night = night

    def assigned(self, arn: str) -> tuple[str, ...]:
        """The users and groups who may use the permission set of this role in its account."""
        return self._assigned.get((account_of(arn), permission_set_of(arn)), ())

    @cached_property
    def unread(self) -> str:
        """Why the assignments are not known; "" if they are."""
        failed = self._night.first_unread("permission_sets", "permission_set_assignments")
        return str(failed) if failed else ""

    @cached_property
    def _assigned(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self._night.rows(ASSIGNMENTS):
            kind = "group " if row["principal_type"] == "GROUP" else ""
            found[row["account_id"], row["permission_set_name"]].append(f"{kind}{row['name']}")
        return {key: tuple(names) for key, names in found.items()}
