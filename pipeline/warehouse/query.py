"""The SELECT of a model, parsed by DuckDB: the tables, functions and verdicts it uses, each with its line."""

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
"""The verdicts of controls, each a macro with the reason as argument. `exempt` is only set by the register."""
CALLS = ", ".join(f"{verdict}(reason)" for verdict in VERDICTS)
JUDGED, EVIDENCE = "judged", "evidence"

Node = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """The names used in a SELECT, each with the byte offset in `text` of its first use.

    `text` begins on `line` of the file. `sources` are the tables that can contribute columns. `faults` are expressions
    named `judged` that do not evaluate to a verdict, with the problem; `judges` is whether there is any such
    expression. `evidence` are the keys of its structs, None for one that is no struct.
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
    evidence: tuple[tuple[str, ...] | None, ...]

    def refusal(self, problem: str, at: int) -> Refused:
        """An error with file and line."""
        return refusal(self.path, self.text, self.line, problem, at)


def refusal(path: Path, text: str, line: int, problem: str, at: int) -> Refused:
    """An error about byte `at` of a query that begins on `line` of the file."""
    before = text.encode()[:at].count(b"\n")
    return Refused(f"{path}: line {before + 1} of the query: {problem} ({path.name}:{line + before})")


@cache
def parsed(text: str, path: Path, line: int = 1) -> Query:
    """Parse a SELECT. Raises `Refused` if DuckDB cannot parse it."""
    row = duckdb.execute("select json_serialize_sql(?)", [text]).fetchone()
    tree = json.loads(row[0]) if row else {}
    if tree.get("error"):
        raise refusal(path, text, line, tree["error_message"], int(tree.get("position") or 0))
    found_nodes = nodes(tree)
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
        evidence=tuple(dict.fromkeys(map(_keys, _columns(found_nodes, EVIDENCE)))),
    )


def nodes(tree: Any) -> list[Node]:
    """Every object of a serialized statement, in the order of its text. Not by recursion: there are many."""
    found: list[Node] = []
    pending = [tree]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            found.append(part)
            pending.extend(child for child in reversed(part.values()) if isinstance(child, (dict, list)))
        elif isinstance(part, list):
            pending.extend(reversed(part))
    return found


def _sources(tree: Any) -> Iterator[str]:
    """The tables that can contribute columns: not those in semi and anti joins or in subqueries of expressions."""
    pending = [tree]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            if part.get("type") == "BASE_TABLE":
                yield part["table_name"]
            filters = part.get("type") == "JOIN" and part["join_type"] in ("SEMI", "ANTI")
            if part.get("class") != "SUBQUERY":
                children = (child for key, child in part.items() if not (filters and key == "right"))
                pending.extend(child for child in children if isinstance(child, (dict, list)))
        elif isinstance(part, list):
            pending.extend(part)


def _columns(found_nodes: Iterable[Node], name: str) -> Iterator[Node]:
    """The expressions of a column, in each SELECT of a union, whose first one names it; not mere references to it."""
    for node in found_nodes:
        selects = [*_selects(node)] if node.get("type") in ("SELECT_NODE", "SET_OPERATION_NODE") else []
        items = selects[0]["select_list"] if selects else []
        for place in (n for n, item in enumerate(items) if item.get("alias") == name):
            expressions = (select["select_list"][place] for select in selects if len(select["select_list"]) > place)
            yield from (item for item in expressions if item.get("class") != "COLUMN_REF")


def _selects(node: Node) -> Iterator[Node]:
    if node.get("type") == "SET_OPERATION_NODE":
        for side in node.get("children") or (node["left"], node["right"]):
            yield from _selects(side)
    else:
        yield node


def _keys(item: Node) -> tuple[str, ...] | None:
    """The keys of the outermost struct in an expression such as `to_json({key: value})`."""
    struct = next((node for node in nodes(item) if node.get("function_name") == "struct_pack"), None)
    if struct is None:
        return None
    fields = ((argument.get("name", ""), argument["expression"]) for argument in struct["arguments"])
    return tuple(name or value["alias"] or value.get("column_names", [""])[-1] for name, value in fields)


def close_to(name: str, names: Iterable[str]) -> str:
    """`; did you mean x?`, or '' if no known name is similar."""
    close = difflib.get_close_matches(name, list(names), 1)
    return f"; did you mean {close[0]}?" if close else ""


def _at(node: Node) -> int:
    """The byte offset of a node; 0 for nodes added by the parser, which have no position."""
    at = int(node.get("query_location", 0))
    return at if at < 2**63 else 0


def _variable(call: Node) -> str:
    """The name in `getvariable('name')`; '' if it is not a string literal."""
    arguments = [argument["expression"] for argument in call["arguments"]]
    return str(arguments[0].get("literal", {}).get("text", "")) if len(arguments) == 1 else ""


def _faults(node: Node, near: int) -> Iterator[tuple[str, int]]:
    """The problems of an expression that must be a verdict. `near` is its position if it has none of its own."""
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
    """Whether the expression is a verdict from a CTE under the same name."""
    return node["class"] == "COLUMN_REF" and bool(node["column_names"][-1] == JUDGED)
