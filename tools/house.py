"""Measures the code base: lines of modules and functions, docstrings, types, comments, names, and SQL of controls.

`python -m tools.house` prints them by package. It also defines the limits that a test enforces.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("pipeline", "reports", "assets", "demo", "tools")
CONTROLS = ROOT / "sql" / "controls"

MEDIAN_FUNCTION_LINES = 8
MOST_FUNCTION_LINES = 60
MOST_MODULE_LINES = 300
MOST_VAGUE_NAMES = 0.02
VAGUE = re.compile(r"one|found|held|told|shown|said|known|made|given|wanted|there|taken|asked")
"""Names that do not say what a value is, only how it was obtained."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Sizes:
    """Counts over some modules. Lines include blank ones; a function's lines run from `def` to its last."""

    modules: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)
    documented: int = 0
    returns: int = 0
    documented_modules: int = 0
    comments: int = 0
    bound: int = 0
    vague: int = 0

    @property
    def lines(self) -> int:
        return sum(self.modules.values())


def measured(paths: Iterable[Path]) -> Sizes:
    """Measure these modules."""
    sizes = Sizes()
    for path in paths:
        text, name = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
        tree = ast.parse(text)
        sizes.modules[name] = len(text.splitlines())
        sizes.documented_modules += ast.get_docstring(tree) is not None or not text.strip()
        sizes.comments += comments(text)
        for node in ast.walk(tree):
            if isinstance(node, Function):
                count_function(sizes, f"{name}:{node.lineno} {node.name}", node)
        names = list(bound_names(tree))
        sizes.bound += len(names)
        sizes.vague += sum(bool(VAGUE.fullmatch(bound)) for bound in names)
    return sizes


def count_function(sizes: Sizes, name: str, node: Function) -> None:
    sizes.functions[name] = (node.end_lineno or node.lineno) - node.lineno + 1
    sizes.documented += ast.get_docstring(node) is not None
    sizes.returns += node.returns is not None


def comments(text: str) -> int:
    """The number of comments, except those for tools (`noqa`, `type: ignore`)."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(t.type == tokenize.COMMENT and not re.match(r"# (noqa|type:)", t.string) for t in tokens)


def bound_names(tree: ast.AST) -> Iterator[str]:
    """Every bound name: variables and parameters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def python(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def control_lines() -> dict[str, int]:
    """The lines of each control's query, without the header."""
    return {p.stem: len(p.read_text().split("*/", 1)[1].strip().splitlines()) for p in sorted(CONTROLS.rglob("*.sql"))}


def spread(values: Iterable[int]) -> str:
    """Median, ninth decile and maximum."""
    values = sorted(values)
    return f"{median(values):.0f} / {quantiles(values, n=10)[-1]:.0f} / {values[-1]}"


def share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f} %"


def table() -> Table:
    result = Table("", *ROOMS, title="lines are median / p90 / max")
    sizes = [measured(python(room)) for room in ROOMS]
    result.add_row("lines", *(f"{s.lines:,}" for s in sizes))
    result.add_row("module lines", *(spread(s.modules.values()) for s in sizes))
    result.add_row("function lines", *(spread(s.functions.values()) for s in sizes))
    result.add_row("functions with docstring", *(share(s.documented, len(s.functions)) for s in sizes))
    result.add_row("modules with docstring", *(share(s.documented_modules, len(s.modules)) for s in sizes))
    result.add_row("return types", *(share(s.returns, len(s.functions)) for s in sizes))
    result.add_row("comments per 100 lines", *(f"{100 * s.comments / s.lines:.1f}" for s in sizes))
    result.add_row("vague names", *(share(s.vague, s.bound) for s in sizes))
    return result


if __name__ == "__main__":
    console = Console()
    console.print(table())
    console.print(f"lines of a control's query: {spread(control_lines().values())}")
