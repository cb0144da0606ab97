"""The examples of each control, from examples.toml, verified by tests.

The table of README.md is :func:`as_table`; ``python -m demo examples`` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demo import tables
from demo.organization.scene import NIGHTS

GOOD, BAD, NOT_APPLICABLE, MANUAL = "good", "bad", "n/a", "manual"


@dataclass(frozen=True)
class Example:
    """One resource, and the verdict that a control should give it.

    ``account`` is a name ("" is the organization); ``resource`` is the end of an IAM ARN, another name, or ""
    for the account itself; it holds from night ``since`` to night ``until``.
    """

    control: str
    verdict: str
    account: str
    resource: str = ""
    since: int = 1
    until: int = NIGHTS

    @property
    def place(self) -> str:
        where = ": ".join(p for p in (self.account or "organization", self.resource) if p)
        if (self.since, self.until) == (1, NIGHTS):
            return where
        return (
            f"{where} (night {self.since})"
            if self.since == self.until
            else f"{where} (nights {self.since}-{self.until})"
        )


KINDS = {"good": GOOD, "bad": BAD, "not_applicable": NOT_APPLICABLE, "manual": MANUAL}


def _example(control: str, line: dict[str, Any]) -> Example:
    kind = next(kind for kind in KINDS if kind in line)
    return Example(control, KINDS[kind], line[kind], **{name: value for name, value in line.items() if name != kind})


EXAMPLES = tuple(
    _example(control, line)
    for control, lines in tables.read("demo.organization", "examples.toml").items()
    for line in lines
)


def as_table() -> str:
    """The examples as a Markdown table, a row per control."""
    lines = ["| control | good | bad | other |", "|---|---|---|---|"]
    for control in dict.fromkeys(e.control for e in EXAMPLES):
        cells = dict.fromkeys((GOOD, BAD, "other"), "")
        for example in (e for e in EXAMPLES if e.control == control):
            column = example.verdict if example.verdict in (GOOD, BAD) else "other"
            text = example.place if column != "other" else f"{example.verdict}: {example.place}"
            cells[column] = "; ".join(p for p in (cells[column], text) if p)
        lines.append(f"| {control} | {cells[GOOD]} | {cells[BAD]} | {cells['other']} |")
    return "\n".join(lines)
