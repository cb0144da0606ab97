"""Policies found in files, each with its place: JSON documents, CloudFormation templates, Terraform plans."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.questions import cloudformation, terraform
from pipeline.questions.unresolved import marks
from pipeline.settings import Refused
from pipeline.text import on_one_line

SUFFIXES = (".json", ".yaml", ".yml", ".template")
SKIPPED = frozenset({".git", ".venv", "node_modules", ".terraform", "__pycache__"})


@dataclass(frozen=True)
class Piece:
    """One policy. `kind`: identity, trust, resource, scp or rcp. `where`: the logical id or address, "" for a document
    by itself; `called`: the name it has in AWS, "" if not known. `source` None: the whole document is not known, and
    `unresolved` says why.
    """

    path: Path
    line: int
    where: str
    name: str
    kind: str
    source: Mapping[str, Any] | None
    unresolved: tuple[str, ...] = ()
    called: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same policy in another version of the file."""
        return self.where, self.name, self.kind


def pieces(path: Path, kind: str = "") -> list[Piece]:
    """The policies of a file, or of all files of a folder. `kind` is that of documents by themselves.

    Raises `Refused` for a file that is not JSON or YAML, with the place.
    """
    if path.is_dir():
        files = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and not SKIPPED & set(each.parts))
        return [piece for file in files for piece in pieces(file, kind)]
    return list(_of_file(path, kind))


def _of_file(path: Path, kind: str) -> Iterator[Piece]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: not a text in UTF-8; of a plan of Terraform, give `terraform show -json`") from error
    data = _loaded(path, text)
    if not isinstance(data, Mapping):
        return
    if "Statement" in data:
        guessed = kind or guessed_kind(data)
        yield Piece(path, 1, "", path.stem, guessed, data, tuple(marks(data)), path.stem)
        return
    found = terraform.policies(data, str(path)) if terraform.is_plan(data) else cloudformation.policies(data)
    lines = _lines(text) if not terraform.is_plan(data) else {}
    for one in found:
        line = lines.get(one.where, 1)
        unresolved = one.unresolved or tuple(marks(one.source))
        yield Piece(path, line, one.where, one.name, one.kind, one.source, unresolved, one.called)


def _loaded(path: Path, text: str) -> Any:
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise Refused(f"{path}: line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from error
        except RecursionError:
            raise Refused(f"{path}: nested too deeply to be a policy") from None
    try:
        return yaml.load(text, cloudformation.Loader)  # a SafeLoader with CloudFormation's short forms
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise Refused(f"{path}: {place}not YAML: {on_one_line(error.problem or error)}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise Refused(f"{path}: not YAML: {on_one_line(error)}") from error


def guessed_kind(data: Mapping[str, Any]) -> str:
    """What a document by itself is: a trust policy, another resource policy, or an identity policy."""
    statements = data["Statement"] if isinstance(data["Statement"], list) else [data["Statement"]]
    named = [one for one in statements if isinstance(one, Mapping) and {"Principal", "NotPrincipal"} & one.keys()]
    if not named:
        return "identity"
    actions = [action for one in named for action in _listed(one.get("Action", []))]
    is_trust = all(str(action).lower().startswith("sts:") for action in actions)
    return "trust" if is_trust and not any("Resource" in one for one in named) else "resource"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _lines(text: str) -> dict[str, int]:
    """The line of each logical id of a template."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return {}
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "Resources" and isinstance(value, yaml.MappingNode):
            return {name.value: name.start_mark.line + 1 for name, _ in value.value}
    return {}
