"""Imports run one way: pipeline ← reports ← assets, and the demo beside them knows none of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"pipeline", "reports", "assets", "demo", "tools", "tests"}
MAY_IMPORT = {
    "pipeline": {"pipeline"},
    "reports": {"pipeline", "reports"},
    "assets": {"pipeline", "reports", "assets"},
    "demo": {"demo"},
    "tools": {"pipeline", "reports", "assets", "tools"},
}
NEVER = {
    "pipeline": {"dagster", "plotly", "moto"},
    "reports": {"dagster", "boto3"},
    "assets": {"moto"},
    "demo": {"dagster"},
    "tools": set(),
}


def imported(path: Path) -> set[str]:
    """Top-level names that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_run_one_way(package: str) -> None:
    for path in sorted((ROOT / package).rglob("*.py")):
        found = imported(path)
        assert found & OURS <= MAY_IMPORT[package], path
        assert not found & NEVER[package], path
