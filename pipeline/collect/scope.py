"""The accounts selected by the settings: by account, organizational unit and tag.

Each kind of `include_` narrows the selection; any `exclude_` removes from it. Unknown and ambiguous names are refused:
a typo must not read too much or too little.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline import landing
from pipeline.collectors.organization_tree import ACCOUNTS
from pipeline.night import Night
from pipeline.schema import Row
from pipeline.settings import Refused, Settings


@dataclass(frozen=True)
class Tree:
    """The units of an organization: parents by id, and ids by name (id, or path below the root).

    Names of units may contain slashes, so a path can be ambiguous: `ids` has all matching ids.
    """

    parents: Mapping[str, str]
    ids: Mapping[str, set[str]]

    @classmethod
    def of(cls, roots: Iterable[Row], units: Iterable[Row]) -> Tree:
        roots, units = list(roots), list(units)
        parents = {unit["ou_id"]: unit["parent_id"] for unit in units}
        names = {unit["ou_id"]: unit["name"] for unit in units}
        ids: dict[str, set[str]] = {}
        for root in roots:
            for name in (root["root_id"], root["name"]):
                ids.setdefault(name, set()).add(root["root_id"])
        for ou_id in parents:
            path = "/".join(names[above] for above in reversed(_line(parents, ou_id)) if above in names).strip("/")
            for name in (ou_id, path, *(f"{root['name']}/{path}" for root in roots)):
                ids.setdefault(name, set()).add(ou_id)
        return cls(parents, ids)

    def above(self, unit_id: str | None) -> set[str]:
        """The unit and all its ancestors."""
        return set(_line(self.parents, unit_id)) if unit_id else set()


def select(settings: Settings, roots: list[Row], units: list[Row], accounts: list[Row]) -> set[str]:
    """Ids of the accounts selected by the settings, in any state. Raises `Refused`."""
    tree = Tree.of(roots, units)
    account_ids = {account["account_id"] for account in accounts}
    named = {
        key: {_known(key, name, tree.ids) for name in getattr(settings, key)} for key in ("include_ous", "exclude_ous")
    }
    for key in ("include_accounts", "exclude_accounts"):
        named[key] = {_known(key, account_id, {a: {a} for a in account_ids}) for account_id in getattr(settings, key)}
    for key in ("include_tags", "exclude_tags"):
        named[key] = set(getattr(settings, key))
    chosen = set()
    for account in accounts:
        of = {
            "accounts": {account["account_id"]},
            "ous": tree.above(account["parent_id"]),
            "tags": {f"{key}={value}" for key, value in json.loads(account["tags"]).items()},
        }
        is_in = all(not named[f"include_{kind}"] or named[f"include_{kind}"] & of[kind] for kind in of)
        if is_in and not any(named[f"exclude_{kind}"] & of[kind] for kind in of):
            chosen.add(account["account_id"])
    return chosen


def carried_over(night: Night, chosen: set[str], accounts: Iterable[Row]) -> tuple[str, ...]:
    """Accounts that the night holds in its scope and these settings leave out, sorted; the run keeps them as they are.

    Accounts that have left the organization since are not among them.
    """
    members = {account["account_id"] for account in accounts}
    had = {row["account_id"] for row in landing.read(night, ACCOUNTS).to_pylist() if row["is_in_scope"]}
    return tuple(sorted((had & members) - chosen))


def _line(parents: Mapping[str, str], unit_id: str) -> list[str]:
    """The unit, its parent, and so on up to the root."""
    line = [unit_id]
    while line[-1] in parents:
        line.append(parents[line[-1]])
    return line


def _known(key: str, name: str, ids: Mapping[str, set[str]]) -> str:
    matches = sorted(ids.get(name.strip("/"), ()))
    if not matches:
        what = "account" if key.endswith("accounts") else "organizational unit (id, or path below the root)"
        raise Refused(f"Settings: {key}: {name!r} is no {what} of this organization")
    if len(matches) > 1:
        raise Refused(f"Settings: {key}: {name!r} is the path of {' and of '.join(matches)}: give the id")
    return matches[0]
