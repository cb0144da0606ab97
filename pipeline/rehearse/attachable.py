"""The policies that are ready, as files: one JSON document each, AWS CLI commands and Terraform that attach them."""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.rehearse.ready import Readiness, packed
from pipeline.schema import Row
from pipeline.swap import make_new
from pipeline.text import on_one_line, visible

SCRIPT, TERRAFORM = "attach.sh", "guardrails.tf"


@dataclass(frozen=True)
class Attachment:
    """A policy for one place of the tree. `target` is an id of AWS's: r-..., ou-... or an account's."""

    name: str
    target: str
    label: str
    text: str


def attachments(found: Iterable[Readiness]) -> Iterator[Attachment]:
    """The statements that are ready, by place, packed into as few policies as fit."""
    by_place: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for one in found:
        for place in (one.at or {}).items():
            by_place[place] += [one.statement] if one.statement else []
    for (target, label), statements in sorted(by_place.items()):
        for number, text in enumerate(packed(statements), 1):
            yield Attachment(f"rolecall-{target}-{number}", target, label, text)


def write(found: Iterable[Readiness], folder: Path) -> list[Attachment]:
    """Write the policies and how to attach them. Raises `Refused` for a folder that is not empty."""
    make_new(folder)
    made = list(attachments(found))
    for one in made:
        (folder / f"{one.name}.json").write_text(json.dumps(json.loads(one.text), indent=2) + "\n", encoding="utf-8")
    (folder / SCRIPT).write_text(script(made), encoding="utf-8")
    (folder / TERRAFORM).write_text(terraform(made), encoding="utf-8")
    return made


def script(made: Iterable[Attachment]) -> str:
    """A shell script for the management account, or the delegated administrator of policies."""
    lines = [
        "#!/bin/sh",
        "# Creates the policies and attaches each to its place. Read them first.",
        "set -eu",
        'cd "$(dirname "$0")"',
    ]
    for one in made:
        name = shlex.quote(one.name)
        lines += [
            f"\n# {on_one_line(visible(one.label))}",
            f"id=$(aws organizations create-policy --type SERVICE_CONTROL_POLICY --name {name} \\",
            f"  --description {shlex.quote('Guardrails that nobody needed to break')} \\",
            f"  --content {shlex.quote(one.text)} --query Policy.PolicySummary.Id --output text)",
            f'aws organizations attach-policy --policy-id "$id" --target-id {shlex.quote(one.target)}',
        ]
    return "\n".join(lines) + "\n"


def terraform(made: Iterable[Attachment]) -> str:
    """The same for Terraform's provider of AWS."""
    blocks = []
    for one in made:
        label = one.name.replace("-", "_")
        blocks.append(f"""# {on_one_line(visible(one.label))}
resource "aws_organizations_policy" "{label}" {{
  name    = "{one.name}"
  type    = "SERVICE_CONTROL_POLICY"
  content = file("${{path.module}}/{one.name}.json")
}}

resource "aws_organizations_policy_attachment" "{label}" {{
  policy_id = aws_organizations_policy.{label}.id
  target_id = "{one.target}"
}}
""")
    return "\n".join(blocks)
