"""Output of `rolecall explain`: for a terminal, as plain lines, or as JSON."""

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


def show(console: Console, explanation: Explanation, database: Path, as_json: bool) -> None:
    """Print the explanation."""
    if as_json:
        print(json.dumps(as_data(explanation), indent=2, ensure_ascii=False, default=str))
        return
    console.print(
        Text.assemble(
            verdict(explanation.verdict), f" {explanation.control_id} ({explanation.number}): {explanation.title}"
        )
    )
    console.print(grid(heading(explanation)))
    for title, body in sections(explanation):
        console.print(Text(f"\n{title}", style="bold"))
        console.print(indented(body, 2))
    console.print(Text("\nSQL of the control", style="bold"))
    query = f"select query from controls where control_id = '{explanation.control_id}'"
    console.print(Text(f'  duckdb -readonly -list {database} "{query}"'), soft_wrap=True)


def as_data(explanation: Explanation) -> dict[str, Any]:
    """The explanation as a dict for JSON output; policy statements are objects, not text."""
    data = asdict(explanation)
    for statement in data["statements"]:
        statement["text"] = json.loads(statement["text"])
    return data


def heading(explanation: Explanation) -> dict[str, str]:
    where = [explanation.account_id, explanation.account_name or "", explanation.ou_path or ""]
    return {
        "resource": explanation.resource,
        "account": ", ".join(part for part in where if part),
        "Region": "" if explanation.region == "global" else explanation.region,
        "severity": explanation.severity,
        "night": (
            f"{explanation.as_of}; first seen {explanation.first_seen}, this verdict since {explanation.last_changed}"
        ),
        "reason": explanation.reason,
        "why it matters": explanation.why,
    }


def sections(explanation: Explanation) -> Iterator[tuple[str, RenderableType]]:
    """Sections: title and content."""
    yield "Statements that decided", Group(*statements(explanation.statements))
    if explanation.facts:
        yield "Facts that decided", grid({name: said(value) for name, value in explanation.facts.items()})
    yield "What would turn the verdict, as tried on the control", Group(*turns(explanation.turns, explanation.notes))
    practice = TEXTS[explanation.practice]
    named = (f"{framework(name)} {text}" for name, text in explanation.frameworks.items())
    yield (
        "The control",
        grid(
            {
                "fix": explanation.fix,
                "may break": explanation.may_break or "",
                "parameters": ", ".join(f"{name} = {json.dumps(value)}" for name, value in explanation.params.items()),
                "practice": f"{explanation.practice}. {explanation.practice_title}, {practice.link}",
                "frameworks": "; ".join(named),
            }
        ),
    )
    yield "Read from", calls(explanation.calls)


def statements(cited: Sequence[CitedStatement]) -> Iterator[RenderableType]:
    if not cited:
        yield Text("None: the evidence cites no policy statement.")
    for number, statement in enumerate(cited, 1):
        where = f" ({statement.policy_arn})" if statement.policy_arn else ""
        policy = f"{LAYERS.get(statement.layer, statement.layer)} {statement.policy}{where}".strip()
        yield Text(visible(f"{number}. {policy}, statement {statement.statement}: {statement.effect}"))
        yield indented(Text("\n".join(map(visible, laid_out(json.loads(statement.text))))), 3)


def turns(found_turns: Sequence[Turn], notes: Sequence[str]) -> Iterator[RenderableType]:
    for turn in found_turns:
        yield Text.assemble(verdict(turn.verdict), " ", visible("; and ".join(turn.changes)))
        reason = "There is nothing left to judge." if turn.verdict == GONE else turn.reason
        yield indented(Text(visible(reason), style="dim"), 3)
    yield from (Text(visible(note)) for note in notes)


def calls(ledger: Sequence[Call]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for call in ledger:
        where = "" if call.regions == ("global",) else f"{len(call.regions)} Regions"
        if len(call.regions) == 1 and where:
            where = call.regions[0]
        when = f"{call.read_at:%Y-%m-%d %H:%M}" if call.read_at else ""
        why = ": ".join(text for text in (call.error_class, call.error_code, call.message) if text)
        table.add_row(
            *(
                Text(visible(text), overflow="fold")
                for text in (call.operation, call.status, when, call.account_id, where, why)
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
    """A policy statement as JSON, one line per element in customary order; long lists are truncated."""
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
