"""An explanation on a terminal, as plain lines, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.explain.citations import CitedStatement
from pipeline.explain.finding import Call, Explanation
from pipeline.explain.replay import GONE
from pipeline.explain.whatif import Turn
from reports.filters import framework, verdict_word, visible
from reports.practices import TEXTS

COLOURS = {"pass": "green", "fail": "red", "unknown": "yellow", "exempt": "yellow", "manual": "yellow"}
LAYERS = {
    "identity": "identity policy",
    "boundary": "permissions boundary",
    "trust": "",
    "scp": "SCP",
    "rcp": "RCP",
    "resource": "resource policy",
    "": "policy",
}
MOST_VALUES = 12
ELEMENTS = (
    *("Sid", "Effect", "Principal", "NotPrincipal"),
    *("Action", "NotAction", "Resource", "NotResource", "Condition"),
)


def show(console: Console, found: Explanation, database: Path, as_json: bool) -> None:
    """Print the explanation."""
    if as_json:
        print(json.dumps(as_data(found), indent=2, ensure_ascii=False, default=str))
        return
    console.print(Text.assemble(verdict(found.verdict), f" {found.control_id} ({found.number}): {found.title}"))
    console.print(grid(heading(found)))
    for title, body in sections(found):
        console.print(Text(f"\n{title}", style="bold"))
        console.print(indented(body, 2))
    console.print(Text("\nSQL of the control", style="bold"))
    query = f"select query from controls where control_id = '{found.control_id}'"
    console.print(Text(f'  duckdb -readonly -list {database} "{query}"'), soft_wrap=True)


def as_data(found: Explanation) -> dict[str, Any]:
    """The explanation for programs; statements are JSON, not text."""
    data = asdict(found)
    for one in data["statements"]:
        one["text"] = json.loads(one["text"])
    return data


def heading(found: Explanation) -> dict[str, str]:
    where = [found.account_id, found.account_name or "", found.ou_path or ""]
    return {
        "resource": found.resource,
        "account": ", ".join(one for one in where if one),
        "Region": "" if found.region == "global" else found.region,
        "severity": found.severity,
        "night": f"{found.as_of}; first seen {found.first_seen}, this verdict since {found.last_changed}",
        "reason": found.reason,
        "why it matters": found.why,
    }


def sections(found: Explanation) -> Iterator[tuple[str, RenderableType]]:
    """Titles and what stands under them."""
    yield "Statements that decided", Group(*statements(found.statements))
    if found.facts:
        yield "Facts that decided", grid({name: said(value) for name, value in found.facts.items()})
    yield "What would turn the verdict, as tried on the control", Group(*turns(found.turns, found.notes))
    practice = TEXTS[found.practice]
    named = (f"{framework(name)} {text}" for name, text in found.frameworks.items())
    yield (
        "The control",
        grid(
            {
                "fix": found.fix,
                "may break": found.may_break or "",
                "parameters": ", ".join(f"{name} = {json.dumps(value)}" for name, value in found.params.items()),
                "practice": f"{found.practice}. {found.practice_title}, {practice.link}",
                "frameworks": "; ".join(named),
            }
        ),
    )
    yield "Read from", calls(found.calls)


def statements(cited: Sequence[CitedStatement]) -> Iterator[RenderableType]:
    if not cited:
        yield Text("None: no statement of a policy stands in the evidence.")
    for number, one in enumerate(cited, 1):
        where = f" ({one.policy_arn})" if one.policy_arn else ""
        policy = f"{LAYERS.get(one.layer, one.layer)} {one.policy}{where}".strip()
        yield Text(visible(f"{number}. {policy}, statement {one.statement}: {one.effect}"))
        yield indented(Text("\n".join(map(visible, laid_out(json.loads(one.text))))), 3)


def turns(found: Sequence[Turn], notes: Sequence[str]) -> Iterator[RenderableType]:
    for one in found:
        yield Text.assemble(verdict(one.verdict), " ", visible("; and ".join(one.changes)))
        reason = "There is nothing left to judge." if one.verdict == GONE else one.reason
        yield indented(Text(visible(reason), style="dim"), 3)
    yield from (Text(visible(note)) for note in notes)


def calls(found: Sequence[Call]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for one in found:
        where = "" if one.regions == ("global",) else f"{len(one.regions)} Regions"
        if len(one.regions) == 1 and where:
            where = one.regions[0]
        when = f"{one.read_at:%Y-%m-%d %H:%M}" if one.read_at else ""
        why = ": ".join(text for text in (one.error_class, one.error_code, one.message) if text)
        table.add_row(
            *(
                Text(visible(text), overflow="fold")
                for text in (one.operation, one.status, when, one.account_id, where, why)
            )
        )
    return table


def grid(lines: Mapping[str, str]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, text in lines.items():
        if text:
            table.add_row(Text(name, style="bold"), Text(visible(text), overflow="fold"))
    return table


def indented(body: RenderableType, by: int) -> RenderableType:
    return Padding(body, (0, 0, 0, by), expand=isinstance(body, Table))


def laid_out(statement: Mapping[str, Any]) -> Iterator[str]:
    """A statement as JSON, a line for each element, in the order in which people write them; a long list is cut."""
    names = sorted(statement, key=ELEMENTS.index)
    yield "{"
    for name in names:
        value = statement[name]
        text = json.dumps(value[:MOST_VALUES] if isinstance(value, list) else value, ensure_ascii=False)
        if isinstance(value, list) and len(value) > MOST_VALUES:
            text = f"{text[:-1]}, … {len(value) - MOST_VALUES} more]"
        yield f'  "{name}": {text}{"" if name == names[-1] else ","}'
    yield "}"


def verdict(name: str) -> Text:
    return Text(verdict_word(name), style=f"bold {COLOURS.get(name, '')}".strip())


def said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
