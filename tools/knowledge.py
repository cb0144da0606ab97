"""`python -m tools.knowledge`: rebuild the files of pipeline/knowledge/ that come from installed packages, offline,
and print what would change. `--write` writes them; new rows still need a person's review.

Exit code 1 if anything differs; in an unmodified checkout nothing does.
"""

from __future__ import annotations

import difflib
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import botocore.session
import typer

from pipeline import collectors, knowledge
from pipeline.aws.session import parts
from pipeline.policy import actions
from pipeline.policy.sensitive import NAMES

FOLDER = Path(knowledge.__file__).parent
SIGNING_IN = ("sts:AssumeRole", "sts:GetCallerIdentity")
TAG = re.compile(r"<[^>]+>")
SENTENCE = re.compile(r"(?<=[.!?])\s+")
LEAVES_OUT = re.compile(
    r"\bomits\b|\b(?:does not|doesn't) (?:return|include)\b|\b(?:is|are)(?: not|n't) (?:included|returned)\b"
    r"|\breturned only in\b|\bwill be retired\b|\bno longer in use\b|\bisn't available for\b",
    re.IGNORECASE,
)
"""Phrases in AWS's models that say a member is not returned."""
Row = dict[str, Any]


def left_out() -> Iterator[Row]:
    """The sentences in AWS's models on members that an operation does not return."""
    operations = {operation for dataset in collectors.datasets().values() for operation in dataset.operations}
    session = botocore.session.get_session()
    for operation in sorted(operations | set(SIGNING_IN)):
        service, name = parts(operation)
        model = session.get_service_model(service).operation_model(name)
        documented = [("", model.documentation), *_members(model.output_shape, "", frozenset())]
        for member, text in documented:
            for sentence in SENTENCE.split(_plain(text)):
                if LEAVES_OUT.search(sentence):
                    yield {"operation": operation, "member": member, "says": sentence}


def _members(shape: Any, path: str, above: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Every member below a shape, as `Roles[].Tags`, with its documentation; recursive shapes only once."""
    if shape is None or shape.name in above:
        return
    above |= {shape.name}
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            below = f"{path}.{name}" if path else name
            yield below, member.documentation
            yield from _members(member, below, above)
    elif shape.type_name in ("list", "map"):
        yield from _members(shape.member if shape.type_name == "list" else shape.value, f"{path}[]", above)


def _plain(documentation: str) -> str:
    return " ".join(html.unescape(TAG.sub(" ", documentation or "")).split())


def named_actions(file: str) -> Iterator[Row]:
    """Actions of the Service Authorization Reference whose name is one that the file judges."""
    for service in sorted(actions.services()):
        for action in actions.expand(f"{service}:*"):
            if NAMES[file].fullmatch(action.partition(":")[2]):
                yield {"action": action}


REBUILT: Mapping[str, tuple[str, Callable[[], Iterator[Row]]]] = {
    "credential_actions": ("action", partial(named_actions, "credential_actions")),
    "data_actions": ("action", partial(named_actions, "data_actions")),
    "left_out": ("sentence", left_out),
}
"""By file: the name of its array of tables, and the function for the rows. Other keys of a table are judgements."""


def rebuilt(name: str, text: str) -> str:
    """The text of a file, rebuilt from the installed packages.

    Judgements are kept for rows that still exist; a new row has none and is marked `reviewed = false`.
    """
    array, rows = REBUILT[name]
    judged = {_identity(row, array): row for row in knowledge.parse(name, text).facts.get(array, ())}
    head = text.partition(f"[[{array}]]")[0].rstrip("\n")
    blocks = [head]
    for row in rows():
        whole = judged.get(_identity(row, array), row | {"reviewed": False})
        blocks.append("\n".join([f"[[{array}]]", *(f"{key} = {_toml(value)}" for key, value in whole.items())]))
    return "\n\n".join(blocks) + "\n"


IDENTIFYING = {"sentence": ("operation", "member", "says"), "service": ("service",), "action": ("action",)}


def _identity(row: Row, array: str) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in IDENTIFYING[array])


def _toml(value: Any) -> str:
    """A string, a boolean or a list of strings as TOML; JSON has the same syntax for these."""
    return json.dumps(value, ensure_ascii=False)


def differences() -> Iterator[tuple[Path, str, str]]:
    """The files that would change, as path, diff and new text."""
    for name in REBUILT:
        path = FOLDER / f"{name}.toml"
        before = path.read_text(encoding="utf-8")
        after = rebuilt(name, before)
        if before != after:
            lines = before.splitlines(True), after.splitlines(True)
            yield path, "".join(difflib.unified_diff(*lines, str(path.name), "rebuilt")), after


def main(
    write: Annotated[bool, typer.Option("--write", help="Write the files.")] = False,
    release: Annotated[bool, typer.Option("--release", help="Fail where a file is past its date.")] = False,
) -> None:
    """Rebuild the derived files and show the differences."""
    changed = list(differences())
    past = list(knowledge.past(datetime.now(UTC).date()))
    for path, diff, after in changed:
        typer.echo(diff)
        if write:
            path.write_text(after, encoding="utf-8")
    for line in past:
        typer.echo(line)
    typer.echo(
        f"{len(REBUILT)} files rebuilt, {len(changed)} differ; {len(past)} of {len(knowledge.names())} past their date"
    )
    raise typer.Exit(int(bool((changed and not write) or (past and release))))


if __name__ == "__main__":
    typer.run(main)
