"""Output of `rolecall controls`: all controls, one control, or JSON."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Column, Table

from pipeline import SQL
from pipeline.refused import Refused
from pipeline.warehouse import headers
from pipeline.warehouse.headers import PRACTICES, ControlHeader

if TYPE_CHECKING:
    from pipeline.warehouse.models import Catalog, Model


def show(console: Console, control: str | None, as_json: bool) -> None:
    """Print the controls. Raises `Refused` for an unknown control id."""
    if control is None and not as_json:
        console.print(table(headers.controls(SQL)))
        return
    from pipeline.warehouse import models  # parses every query: for what a control reads

    catalog = models.load()
    if control is not None and control not in catalog.controls:
        close = difflib.get_close_matches(control, catalog.controls, 1)
        hint = f"did you mean {close[0]!r}?" if close else "`rolecall controls` lists them"
        raise Refused(f"there is no control {control!r}; {hint}")
    chosen = [entry(catalog, name) for name in ([control] if control else catalog.controls)]
    if as_json:
        print(json.dumps(chosen[0] if control else chosen, indent=2, ensure_ascii=False, default=str))
    else:
        one(console, chosen[0])


def entry(catalog: Catalog, name: str) -> dict[str, Any]:
    """Everything the catalog knows about a control, as a dict for JSON output."""
    model: Model = catalog.controls[name]
    head = model.control
    if head is None:
        raise TypeError(f"{name} is not a control")
    return {
        "control_id": name,
        "number": head.id,
        "title": head.title,
        "practice": head.practice,
        "practice_title": PRACTICES[head.practice],
        "severity": head.severity,
        "scope": head.scope,
        "why": head.why,
        "fix": head.fix,
        "may_break": head.may_break,
        "datasets": sorted(catalog.datasets(name)),
        "params": head.params,
        "evidence": head.evidence,
        "frameworks": head.frameworks,
        "file": f"sql/{model.path.relative_to(SQL)}",
    }


def table(controls: Mapping[str, ControlHeader]) -> Table:
    listing = Table("Number", Column("Control", no_wrap=True), "Title", "Severity", box=None, pad_edge=False)
    practice = 0
    for name, head in controls.items():
        if head.practice != practice:
            practice = head.practice
            listing.add_row("", "", f"[bold]{practice}. {PRACTICES[practice]}[/bold]", "")
        listing.add_row(head.id, name, head.title, head.severity)
    return listing


def one(console: Console, control: dict[str, Any]) -> None:
    from reports.filters import framework

    lines = {
        "control": f"{control['control_id']} ({control['number']})",
        "title": control["title"],
        "practice": f"{control['practice']}. {control['practice_title']}",
        "severity": control["severity"],
        "judges": "every account" if control["scope"] == "account" else "the organization, once",
        "why": control["why"],
        "fix": control["fix"],
        "may break": control["may_break"],
        "reads": ", ".join(control["datasets"]),
        "parameters": ", ".join(f"{name} = {json.dumps(value)}" for name, value in control["params"].items()),
        "evidence": "; ".join(f"{key}: {text}" for key, text in control["evidence"].items()),
        "frameworks": ", ".join(f"{framework(name)} {text}" for name, text in control["frameworks"].items()),
        "file": control["file"],
    }
    grid = Table.grid(padding=(0, 2))
    for name, text in lines.items():
        if text:
            grid.add_row(f"[bold]{name}[/bold]", text)
    console.print(grid)
