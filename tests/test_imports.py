"""Imports run one way, from room to room and from module to module, under TYPE_CHECKING too; no circle anywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"pipeline", "reports", "assets", "demo", "tools", "tests"}
MAY_IMPORT = {
    "pipeline": {"pipeline"},
    "reports": {"pipeline", "reports"},
    "assets": {"pipeline", "reports", "assets"},
    "demo": {"demo"},
    "tools": {"pipeline", "reports", "assets", "tools", "tests"},  # a tool may run the tests
}
NEVER = {
    "pipeline": {"dagster", "plotly", "moto"},
    "reports": {"dagster", "boto3"},
    "assets": {"moto"},
    "demo": {"dagster"},
    "tools": set(),
}
# From the bottom up. A room may import the rooms before it, and those on its own step as long as no circle comes of it.
STEPS = (
    (
        "pipeline",
        "pipeline.refused",
        "pipeline.settings",
        "pipeline.schema",
        "pipeline.damage",
        "pipeline.locks",
        "pipeline.night",
        "pipeline.rows",
        "pipeline.state",
        "pipeline.swap",
        "pipeline.text",
        "pipeline.progress",
    ),
    ("pipeline.knowledge",),
    ("pipeline.aws", "pipeline.policy"),
    ("pipeline.collectors",),
    ("pipeline.landing", "pipeline.raw", "pipeline.collect"),
    ("pipeline.quality", "pipeline.facts"),
    ("pipeline.warehouse",),
    ("pipeline.explain", "pipeline.publish", "pipeline.questions"),
    ("pipeline.rehearse",),
    ("reports",),
    ("assets",),
    ("tools",),
)
STEP_OF = {room: number for number, rooms in enumerate(STEPS) for room in rooms}

Graph = Mapping[str, frozenset[str]]


def modules() -> dict[str, Path]:
    """The modules of ours by name; a package is its `__init__`."""
    paths = (path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imports(path: Path) -> Iterator[str]:
    """What a file imports, wherever in it: `a.b` for `import a.b`, `a.b.c` for `from a.b import c`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph(known: Mapping[str, Path]) -> Graph:
    """For each module of ours the ones that it imports. `from a import b` is module `a.b` if there is one, else `a`."""

    def module(name: str) -> str:
        return name if name in known else name.rpartition(".")[0]

    return {
        name: frozenset(module(found) for found in imports(path) if module(found) in known) - {name}
        for name, path in known.items()
    }


def room(module: str) -> str:
    """The room of a module: its folder or file in `pipeline`, else its top-level package."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "pipeline" else parts[0]


def back_up(arrows: Graph) -> list[str]:
    """Imports of a room further up, as sentences."""
    return sorted(
        f"{name} imports {target}, which is further up"
        for name, targets in arrows.items()
        for target in targets
        if room(name) in STEP_OF and STEP_OF.get(room(target), len(STEPS)) > STEP_OF[room(name)]
    )


def circle(arrows: Graph) -> list[str]:
    """One circle of imports, or none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.fixture(scope="module")
def arrows() -> Graph:
    return graph(modules())


def test_every_room_has_its_step(arrows: Graph) -> None:
    assert {room(name) for name in arrows} - STEP_OF.keys() == {"demo"}


def test_no_import_runs_back_up(arrows: Graph) -> None:
    assert back_up(arrows) == []


def test_no_modules_import_each_other(arrows: Graph) -> None:
    assert circle(arrows) == []


def test_no_rooms_import_each_other(arrows: Graph) -> None:
    rooms: dict[str, frozenset[str]] = {}
    for name, targets in arrows.items():
        rooms[room(name)] = rooms.get(room(name), frozenset()) | {room(t) for t in targets} - {room(name)}
    assert circle(rooms) == []


def test_an_arrow_back_up_and_a_circle_are_noticed() -> None:
    a, b, c = "pipeline.policy.a", "pipeline.warehouse.b", "pipeline.facts.c"
    wrong = {a: frozenset({b}), b: frozenset({c})}
    assert back_up(wrong) == [f"{a} imports {b}, which is further up"]
    assert circle(wrong) == []
    assert set(circle({**wrong, c: frozenset({a})})) == {a, b, c}


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_run_one_way(package: str) -> None:
    for name, path in modules().items():
        if name.split(".")[0] == package:
            found = {imported.split(".")[0] for imported in imports(path)}
            assert found & OURS <= MAY_IMPORT[package], path
            assert not found & NEVER[package], path


def test_nothing_of_dagsters_inside_is_imported() -> None:
    inside = [
        f"{name}: {node.module}"
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dagster._")
    ]
    assert inside == []
