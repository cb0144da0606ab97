"""The page of `tools.bench`: docs/performance.md, and the file of results that it compares with."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipeline import __version__

PAGE, RESULTS = "performance.md", "performance.jsonl"
NONE = "-"
SHOWN_RUNS = 10
SHOWN_TABLES = 15
STAGES = ("checks", "models, first night", "models", "publish", "pages")


@dataclass(frozen=True)
class Cost:
    """Of one stage in a process of its own: processor seconds without imports, peak MiB, and what the stage tells."""

    seconds: float
    peak: float
    details: dict[str, Any] = field(default_factory=dict)


HEAD = """# Performance

What a night costs, and how that grows; written by `make bench{quick}`. Seconds are of the processor, each stage in
a process of its own, without the loopback server; they depend on the machine, ratios less so.

{machine}

"""
READ = """## Nights that are read

The synthetic organization on loopback. The script assumes a role in each account and reads its authorization details
and summary, with boto3, one account after the other, and keeps nothing.

"""
JUDGED = """
## Nights that are judged

The synthetic organization's second night, its member accounts repeated under new ids (`tools/landings.py`), with about
35 roles each. *Scan*: DuckDB reads every value of the landing once. *Growth*: the exponent between the two largest
sizes; 1 is linear in the number of accounts.

"""
TABLES = """
## Tables

The {count} tables that take longest at {accounts:,} accounts, of {all} tables.

"""
RUNS = """
## The last runs

Seconds; *judging* is checks, models, publishing and pages together, at the largest size of the run.

"""


def write(folder: Path, *, is_quick: bool, nights: Mapping[str, Cost], sizes: Mapping[int, Mapping[str, Any]]) -> None:
    """Add a line to the file of results, and write the page."""
    run = {"date": str(date.today()), "version": __version__, "machine": machine(), "nights": nights, "sizes": sizes}
    runs = folder / RESULTS
    with runs.open("a", encoding="utf-8") as file:
        file.write(json.dumps(run, default=asdict) + "\n")
    lines = [json.loads(text) for text in runs.read_text(encoding="utf-8").splitlines()]
    (folder / PAGE).write_text(page(lines, is_quick), encoding="utf-8")


def machine() -> str:
    """The processor, memory and versions, without a name of the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    return f"{os.cpu_count()} processors ({platform.machine()}), {memory:.0f} GiB, {platform.system()}; {versions}"


def page(runs: Sequence[Mapping[str, Any]], is_quick: bool) -> str:
    """The page of the last of these runs."""
    run = runs[-1]
    sizes = list(run["sizes"].values())
    by_size = [f"{size['accounts']:,}" for size in sizes]
    where = f"Rolecall {run['version']}, {run['date']}: {run['machine']}."
    built = len(sizes[-1]["stages"]["models"]["details"]["tables"])
    parts = (
        HEAD.format(quick="-quick" if is_quick else "", machine=where),
        READ,
        table(("Night", "Accounts", "Seconds", "Calls", "ms a call", "MiB", "Stages"), _nights(run["nights"])),
        JUDGED,
        table(("Stage", *by_size, "of the scan", "Growth", "MiB"), _stages(sizes)),
        TABLES.format(count=SHOWN_TABLES, accounts=sizes[-1]["accounts"], all=built),
        table(("Table", *by_size, "Growth", "Rows"), _tables(sizes)),
        RUNS,
        table(("Date", "Version", "One account", "Read", "Second night", "Accounts", "Judging"), _runs(runs)),
    )
    return "".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; all but the first column to the right."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def exponent(smaller: tuple[float, float], larger: tuple[float, float]) -> str:
    """The growth between two (size, seconds), or a dash where the seconds are too few to tell."""
    (n, few), (m, many) = smaller, larger
    if m <= n or few < 0.05:
        return NONE
    return f"{math.log(many / few) / math.log(m / n):.2f}" if many else NONE


def _nights(nights: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    for name, cost in nights.items():
        details, seconds = cost["details"], cost["seconds"]
        each = "" if name.startswith("whole") else f"{1000 * seconds / details['calls']:.1f}"
        stages = ", ".join(f"{stage} {spent:.1f}" for stage, spent in details.get("stages", {}).items())
        peak = f"{cost['peak']:.0f}"
        yield name, details.get("accounts", ""), f"{seconds:.1f}", f"{details['calls']:,}", each, peak, stages


def _stages(sizes: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[object]]:
    scan = sizes[-1]["stages"]["scan"]["seconds"]
    for name in ("scan", *STAGES):
        seconds = [size["stages"][name]["seconds"] for size in sizes]
        measured = [(size["accounts"], value) for size, value in zip(sizes, seconds, strict=True)]
        growth = exponent(*measured[-2:]) if len(measured) > 1 else NONE
        peak = sizes[-1]["stages"][name]["peak"]
        yield name, *(f"{value:.1f}" for value in seconds), f"{seconds[-1] / scan:.1f}", growth, f"{peak:,.0f}"


def _tables(sizes: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[object]]:
    tables = [size["stages"]["models"]["details"]["tables"] for size in sizes]
    for name in sorted(tables[-1], key=lambda name: -float(tables[-1][name][0]))[:SHOWN_TABLES]:
        measured = [(size["accounts"], of[name][0]) for size, of in zip(sizes, tables, strict=True)]
        growth = exponent(*measured[-2:]) if len(measured) > 1 else NONE
        yield f"`{name}`", *(f"{seconds:.2f}" for _, seconds in measured), growth, f"{tables[-1][name][1]:,}"


def _runs(runs: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[object]]:
    for run in runs[-SHOWN_RUNS:]:
        nights, largest = run["nights"], list(run["sizes"].values())[-1]
        judging = sum(largest["stages"][name]["seconds"] for name in STAGES if name != "models, first night")
        seconds = (f"{nights[name]['seconds']:.1f}" for name in ("whole, one account", "read", "read, second night"))
        yield run["date"], run["version"], *seconds, f"{largest['accounts']:,}", f"{judging:.1f}"
