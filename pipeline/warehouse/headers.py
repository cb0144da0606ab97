"""Headers of models: the TOML in the opening comment of an SQL file, parsed and validated."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.refused import Refused

Layer = Literal["facts", "staging", "intermediate", "controls", "scores", "history", "views"]

PRACTICES: Mapping[int, str] = {
    1: "Federate human users",
    2: "Use roles for workloads",
    3: "Require MFA",
    4: "Update access keys when needed",
    5: "Protect the root user",
    6: "Apply least privilege",
    7: "Move on from AWS managed policies",
    8: "Generate policies from activity",
    9: "Remove what is unused",
    10: "Use conditions",
    11: "Verify public and cross-account access",
    12: "Validate policies",
    13: "Establish guardrails across accounts",
    14: "Delegate with permissions boundaries",
}


class Header(BaseModel):
    """Header of a model: a title, a description, and comments for its columns.

    `by_controls`: it is built for some controls at a time, `getvariable('part')`, so that its memory has a bound.
    """

    model_config = ConfigDict(extra="forbid")
    title: str
    description: str = ""
    columns: dict[str, str] = {}
    params: dict[str, Any] = {}
    by_controls: bool = False


class ControlHeader(Header):
    """Header of a control. `scope`: a verdict is owed for every account, or once for the organization.

    `of_management` lists datasets of the organization that only verdicts of the management account depend on;
    `settles_unread` lists datasets without which the control decides by itself which verdicts are unknown;
    `alone` lists datasets of whose records each concerns only the verdict on itself, or on what belongs to it;
    `register_entries` lists the kinds of register entries (`vendor`) that can change the verdict.
    `fixed_by` says who makes the fix: the account itself, or the organization (management account, delegated
    administrators) for all accounts at once.
    `evidence` describes the keys of its evidence. `practice` is the number of its folder. `frameworks` has references
    to other standards, under any key.
    """

    id: str = Field(pattern=r"^BP\d\d-\d\d$")
    practice: int
    severity: Literal["critical", "high", "medium", "low"]
    scope: Literal["account", "organization"] = "account"
    fixed_by: Literal["account", "organization"] = "account"
    of_management: frozenset[str] = frozenset()
    settles_unread: frozenset[str] = frozenset()
    alone: tuple[str, ...] = ()
    why: str
    fix: str
    may_break: str = ""
    frameworks: dict[str, str] = {}
    register_entries: tuple[str, ...] = ()
    evidence: dict[str, str] = Field(min_length=1)


def read_header(path: Path, layer: Layer, head: str) -> Header:
    """The TOML of a header. Raises `Refused`."""
    try:
        fields = tomllib.loads(head)
        if layer != "controls":
            return Header.model_validate(fields)
        if "practice" in fields:
            raise in_header(path, head, "practice", "practice is said by the folder; delete this line")
        header = ControlHeader.model_validate(fields | {"practice": practice_of(path)})
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path}: the header is not valid TOML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise in_header(path, head, str(error.errors()[0]["loc"][0]), faults) from error
    if not header.id.startswith(f"BP{header.practice:02}-"):
        expected = f"id must begin with BP{header.practice:02}-, as the folder {path.parent.name} says"
        raise in_header(path, head, "id", expected)
    return header


def controls(root: Path) -> dict[str, ControlHeader]:
    """The headers of all controls under `root`, by practice and id; without their queries. Raises `Refused`."""
    headers = {path.stem: read_header(path, "controls", head_of(path)[0]) for path in root.rglob("controls/*/*.sql")}
    if not headers:
        raise Refused(f"{root}: there are no SQL models; Rolecall is not installed completely; install it again")
    named = {name: header for name, header in headers.items() if isinstance(header, ControlHeader)}
    return dict(sorted(named.items(), key=lambda named: named[1].id))


def head_of(path: Path) -> tuple[str, str]:
    """The TOML of a file's header, and the rest of the file. Raises `Refused` for a file without a header."""
    text = path.read_text(encoding="utf-8")
    if not text.startswith("/*") or "*/" not in text:
        raise Refused(f"{path}: must begin with a header, /* TOML */")
    head, rest = text[2:].split("*/", 1)
    return head, rest


def in_header(path: Path, head: str, key: str, problem: str) -> Refused:
    """An error with the file and, if `key` is in the header, the line."""
    match = re.search(rf"(?m)^.*\b{re.escape(key)}\b", head)
    line = f" ({path.name}:{head[: match.start()].count(chr(10)) + 1})" if match else ""
    return Refused(f"{path}: header: {problem}{line}")


def practice_of(path: Path) -> int:
    """The number at the start of a control's folder name. Raises `Refused`."""
    match = re.match(r"(\d\d)_", path.parent.name)
    if not match:
        raise Refused(f"{path}: must lie in a folder of its practice, such as sql/controls/04_update_access_keys/")
    if int(match[1]) not in PRACTICES:
        raise Refused(f"{path}: its folder's practice must be 1 to {len(PRACTICES)}, not {int(match[1])}")
    return int(match[1])
