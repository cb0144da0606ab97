"""One SELECT of a model, as DuckDB's own parser reads it: what it reads, calls and says, each with its line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipeline.settings import Refused

VERDICTS = ("pass", "fail", "unknown", "not_applicable", "manual")
"""What a control can say, each a macro that takes the reason. `exempt` is the register's to say, not a control's."""
CALLS = ", ".join(f"{verdict}(reason)" for verdict in VERDICTS)
JUDGED = "judged"

Node = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """What a SELECT names, each name with the byte of `text` at which it stands first.

    `line` is the line of the file on which `text` begins. `sources` are the tables that can give a column. `faults`
    are expressions called `judged` that do not end in a verdict, with what is wrong; `judges` says whether there is
    such an expression at all.
    """

    path: Path
    text: str
    line: int
    tables: Mapping[str, int]
    functions: Mapping[str, int]
    variables: Mapping[str, int]
    sources: frozenset[str]
    judges: bool
    faults: tuple[tuple[str, int], ...]

    def refusal(self, problem: str, at: int) -> Refused:
        """The error that names file and line."""
        return refusal(self.path, self.text, self.line, problem, at)


def refusal(path: Path, text: str, line: int, problem: str, at: int) -> Refused:
    """`problem` at byte `at` of a query that begins on `line` of the file."""
    before = text.encode()[:at].count(b"\n")
    return Refused(f"{path}: line {before + 1} of the query: {problem} ({path.name}:{line + before})")


@cache
def parsed(text: str, path: Path, line: int = 1) -> Query:
    """Read a SELECT. Raises `Refused` where DuckDB cannot parse it."""
    row = duckdb.execute("select json_serialize_sql(?)", [text]).fetchone()
    tree = json.loads(row[0]) if row else {}
    if tree.get("error"):
        raise refusal(path, text, line, tree["error_message"], int(tree.get("position") or 0))
    found_nodes = list(nodes(tree))
    ctes = {cte["key"] for node in found_nodes for cte in node.get("cte_map", {}).get("map", [])}
    tables = {n["table_name"]: _at(n) for n in reversed(found_nodes) if n.get("type") == "BASE_TABLE"}
    calls = [node for node in reversed(found_nodes) if node.get("class") == "FUNCTION"]
    judging = [node for node in found_nodes if node.get("alias") == JUDGED and "class" in node]
    return Query(
        path=path,
        text=text,
        line=line,
        tables={name: at for name, at in sorted(tables.items()) if name not in ctes},
        functions={call["function_name"]: _at(call) for call in calls},
        variables={_variable(call): _at(call) for call in calls if call["function_name"] == "getvariable"},
        sources=frozenset(_sources(tree)) - ctes,
        judges=bool(judging),
        faults=tuple(fault for node in judging for fault in _faults(node, _at(node))),
    )


def nodes(tree: Any) -> Iterator[Node]:
    """Every object of a serialized statement."""
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for child in tree:
            yield from nodes(child)


def _sources(tree: Any) -> Iterator[str]:
    """The tables that can give a column: not those of semi and anti joins, nor of subqueries in expressions."""
    if isinstance(tree, dict):
        if tree.get("type") == "BASE_TABLE":
            yield tree["table_name"]
        filters = tree.get("type") == "JOIN" and tree["join_type"] in ("SEMI", "ANTI")
        if tree.get("class") != "SUBQUERY":
            yield from _sources([child for key, child in tree.items() if not (filters and key == "right")])
    elif isinstance(tree, list):
        for child in tree:
            yield from _sources(child)


def close_to(name: str, names: Iterable[str]) -> str:
    """`; did you mean x?`, or nothing where no known name is like it."""
    close = difflib.get_close_matches(name, list(names), 1)
    return f"; did you mean {close[0]}?" if close else ""


def _at(node: Node) -> int:
    """Where a node stands; what the parser adds by itself stands nowhere, and is looked for at the start."""
    at = int(node.get("query_location", 0))
    return at if at < 2**63 else 0


def _variable(call: Node) -> str:
    """The name in `getvariable('name')`; '' where it is not a plain string."""
    arguments = [argument["expression"] for argument in call["arguments"]]
    return str(arguments[0].get("literal", {}).get("text", "")) if len(arguments) == 1 else ""


def _faults(node: Node, near: int) -> Iterator[tuple[str, int]]:
    """What is wrong with an expression that must be a verdict. `near` is where to point if it stands nowhere."""
    at = _at(node) or near
    if node["class"] == "CASE":
        for check in node["case_checks"]:
            yield from _faults(check["then_expr"], at)
        if node["else_expr"].get("literal", {}).get("kind") == "NULL_LITERAL":
            yield f"the case that is {JUDGED} has no else; end it in one of {CALLS}", at
        else:
            yield from _faults(node["else_expr"], at)
    elif node["class"] == "FUNCTION" and node["function_name"] == "if":
        for argument in node["arguments"][1:]:
            yield from _faults(argument["expression"], at)
    elif not (_is_verdict(node) or _is_judged_column(node)):
        named = node.get("function_name", "")
        hint = close_to(named, VERDICTS) if named else ""
        yield f"{f'{named}()' if named else 'this'} is no verdict; write one of {CALLS}{hint}", at


def _is_verdict(node: Node) -> bool:
    return node["class"] == "FUNCTION" and node["function_name"] in VERDICTS


def _is_judged_column(node: Node) -> bool:
    """A verdict that a CTE has given under the same name."""
    return node["class"] == "COLUMN_REF" and bool(node["column_names"][-1] == JUDGED)
