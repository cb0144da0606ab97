"""What is rehearsed: policies from files, the way they are attached, and the target."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pipeline.policy import Document, MalformedPolicy, parse
from pipeline.policy.grammar import Kind as Grammar
from pipeline.rows import rows
from pipeline.schema import ACCOUNT_ID, Row
from pipeline.settings import Refused
from pipeline.warehouse.store import Connection

Kind = Literal["scp", "rcp", "boundary", "identity", "trust", "permission-set"]
Place = Literal["root", "ou", "account", "principal", "permission-set"]
KINDS: tuple[Kind, ...] = get_args(Kind)

GRAMMAR: Mapping[Kind, Grammar] = {
    "scp": "scp",
    "rcp": "rcp",
    "boundary": "identity",
    "identity": "identity",
    "trust": "trust",
    "permission-set": "identity",
}
TREE: tuple[Place, ...] = ("root", "ou", "account")
PLACES: Mapping[Kind, tuple[Place, ...]] = {
    "scp": TREE,
    "rcp": TREE,
    "boundary": (*TREE, "principal"),
    "identity": ("principal",),
    "trust": ("principal",),
    "permission-set": ("permission-set",),
}
NAMED: Mapping[Place, str] = {
    "root": "the root",
    "ou": "an OU",
    "account": "an account",
    "principal": "a user or role, by its ARN",
    "permission-set": "a permission set, by its name or ARN",
}
SEVERAL: tuple[Kind, ...] = ("scp", "rcp", "identity")
"""Kinds of which a target can have more than one."""


@dataclass(frozen=True)
class NewPolicy:
    """A policy from a file: its name is the file's, without suffix; `text` as it is in the file."""

    path: Path
    text: str
    document: Document

    @property
    def name(self) -> str:
        return re.sub(r"[^\w+=,.@-]+", "-", self.path.stem).strip("-")[:128] or "rehearsed"

    @property
    def compact(self) -> str:
        """The document without blanks, as the collectors keep documents."""
        return json.dumps(json.loads(self.text), separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class Target:
    """Where the change is made. `accounts` are the active ones that it reaches, the management account among them."""

    place: Place
    key: str
    label: str
    accounts: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A change of policies: `added` are attached to the target, `removed` (ids or names) are detached from it."""

    kind: Kind
    target: Target
    added: tuple[NewPolicy, ...] = ()
    removed: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = [f"attach {policy.name} as {self.kind}" for policy in self.added]
        said += [f"detach {name}" for name in self.removed]
        return f"{' and '.join(said)} at {self.target.label}"


def read(path: Path, kind: Kind) -> NewPolicy:
    """The policy in a file. Raises `Refused` for one that cannot be read, or is no policy of that kind."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = parse(text, GRAMMAR[kind])
        json.loads(text)
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: byte {error.start}: not UTF-8 text") from error
    except MalformedPolicy as error:
        raise Refused(f"{path}: {error}{_place(text)}") from error
    except ValueError as error:
        raise Refused(f"{path}: {error}") from error
    except OSError as error:
        raise Refused(f"{path}: {error.strerror or error}") from error
    return NewPolicy(path, text, document)


def _place(text: str) -> str:
    """Where text that is not JSON stops being so; "" for JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f" (line {error.lineno}, column {error.colno}: {error.msg})"
    except (ValueError, RecursionError):
        pass
    return ""


def resolved(
    con: Connection, kind: Kind, files: Sequence[Path], at: str, replaced: Sequence[str], detached: Sequence[str]
) -> Change:
    """The change that is asked for. Raises `Refused` if a file, the target or a policy is not what it should be."""
    removed = tuple(dict.fromkeys((*replaced, *detached)))
    if not files and not removed:
        raise Refused("rehearse what? Give a file with a policy, or --detach POLICY")
    if replaced and not files:
        raise Refused("--replace needs the file that takes the policy's place; to take it away, --detach")
    if len(files) > 1 and kind not in SEVERAL:
        raise Refused(f"{files[1]}: a target has only one {kind} policy; rehearse one file at a time")
    if removed and kind in ("boundary", "trust"):
        raise Refused(f"--detach and --replace: a {kind} policy is replaced by the file that is attached")
    added = tuple(read(path, kind) for path in files)
    names = [policy.name for policy in added]
    if twice := next((policy for policy in added if names.count(policy.name) > 1), None):
        raise Refused(f"{twice.path}: two files have the name {twice.name}, which their policies get; rename one")
    return Change(kind, target(con, kind, at), added, removed)


def target(con: Connection, kind: Kind, at: str) -> Target:
    """The target by word, id, path, name or ARN. Raises `Refused` if there is none, or it cannot have the kind."""
    found = _in_tree(con, at) or _principal(con, at) or _permission_set(con, at)
    if not found:
        raise Refused(f"--at {at}: no root, OU, account, user, role or permission set of the night is called that")
    if found.place not in PLACES[kind]:
        expected = " or ".join(NAMED[place] for place in PLACES[kind])
        raise Refused(f"--at {at}: {found.label} cannot have a {kind} policy; expected {expected}")
    return found


TREE_QUERY = """
    select units.ou_id as key, units.parent_id is null as is_root, units.ou_path,
        list(accounts.account_id order by accounts.account_id) filter (accounts.account_id is not null) as accounts
    from organizational_units as units
    left join (select account_id, unnest(ou_ids) as ou_id from int_accounts where is_expected) as accounts
        on units.ou_id = accounts.ou_id
    where units.ou_id = $at or units.ou_path = $path or (units.parent_id is null and lower($at) = 'root')
    group by all"""


def _in_tree(con: Connection, at: str) -> Target | None:
    path = f"/{at.strip('/')}" if "/" in at and not at.startswith("arn:") else at
    for row in rows(con, TREE_QUERY, at=at, path=path):
        accounts = tuple(row["accounts"] or ())
        if row["is_root"]:
            return Target("root", row["key"], f"the root {row['key']}", accounts)
        return Target("ou", row["key"], f"OU {row['ou_path']} ({row['key']})", accounts)
    query = (
        "select account_id, name from int_accounts where is_expected and (account_id = $at or name = $at) order by all"
    )
    named = rows(con, query, at=at)
    if len(named) > 1:
        raise Refused(f"--at {at}: {len(named)} accounts are called that; give the id of one")
    for row in named:
        return Target(
            "account", row["account_id"], f"account {row['account_id']} ({row['name']})", (row["account_id"],)
        )
    if re.fullmatch(ACCOUNT_ID, at):
        raise Refused(f"--at {at}: no active account in scope of the night has this id")
    return None


def _principal(con: Connection, at: str) -> Target | None:
    query = "select account_id, principal_type, arn, is_service_linked from int_principals where arn = $at"
    for row in rows(con, query, at=at):
        if row["is_service_linked"]:
            raise Refused(f"--at {at}: a service-linked role; only AWS changes its policies")
        return Target("principal", at, f"{row['principal_type']} {at}", (row["account_id"],))
    return None


def _permission_set(con: Connection, at: str) -> Target | None:
    query = """
        select permission_set_arn, name from stg_permission_sets where permission_set_arn = $at or name = $at
        order by permission_set_arn"""
    found: list[Row] = rows(con, query, at=at)
    if len(found) > 1:
        raise Refused(f"--at {at}: {len(found)} permission sets are called that; give the ARN of one")
    for row in found:
        held = """
            select distinct account_id from int_principals
            where is_identity_center
                and regexp_matches(name, '^AWSReservedSSO_' || regexp_escape($name) || '_[0-9a-z]{16}$')
            order by all"""
        accounts = tuple(one["account_id"] for one in rows(con, held, name=row["name"]))
        label = f"permission set {row['name']}"
        return Target("permission-set", row["permission_set_arn"], label, accounts)
    return None
