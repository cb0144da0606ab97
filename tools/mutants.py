"""Mutation testing of controls: do a control's cases detect small changes? `make mutants [NAME=control]`.

Each mutant has one change: an operator, a join, a word (a verdict, a keyword, a constant) or a parameter's default.
A mutant survives if all cases of the control still pass, so some condition is not tested. The exit code is 1 if a
mutant of a verdict word survives, or more than 2 % of all. `-- same` at the end of a line marks equivalent changes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from pipeline.settings import Refused
from pipeline.warehouse.build import Build
from pipeline.warehouse.models import Catalog, Model
from pipeline.warehouse.query import VERDICTS
from tests.sql import harness

WANTED = 0.98
"""Share of mutants that the cases must detect."""
EQUIVALENT = "-- same"
SWAPS = {
    ">": ">=",
    ">=": ">",
    "<": "<=",
    "<=": "<",
    "=": "<>",
    "<>": "=",
    "and": "or",
    "or": "and",
    "not": "",
    "true": "false",
    "false": "true",
    "left": "inner",
    "semi": "anti",
    "anti": "semi",
    "pass": "fail",
    "fail": "pass",
    "unknown": "pass",
    "not_applicable": "pass",
    "manual": "pass",
}
"""Replacements of words and operators. In addition, `is null` gains or loses a `not`, and numbers grow by one."""


@dataclass(frozen=True)
class Token:
    """A word, operator or number of a query, with its byte offset."""

    at: int
    text: str
    kind: str


@dataclass(frozen=True)
class Mutant:
    """A control with one change, `old` into `new`, in `line` of its file."""

    control: Model
    line: int
    old: str
    new: str

    @property
    def of_verdict(self) -> bool:
        return self.old in VERDICTS


def mutants(control: Model) -> Iterator[Mutant]:
    """Every changed version of a control."""
    lines = control.sql.split("\n")
    text = control.sql.encode()
    for at, old, new in changes(tokens(control.sql)):
        line = text.count(b"\n", 0, at)
        if EQUIVALENT not in lines[line]:
            sql = text[:at] + new.encode() + text[at + len(old.encode()) :]
            yield Mutant(replace(control, sql=sql.decode()), control.line + line, old, new)
    for name, value in control.header.params.items():
        for other in defaults(value):
            header = control.header.model_copy(update={"params": control.header.params | {name: other}})
            yield Mutant(replace(control, header=header), 1, f"{name} = {value}", f"{name} = {other}")


def tokens(sql: str) -> list[Token]:
    """The tokens of a query without comments, from DuckDB's tokenizer."""
    text = sql.encode()
    tokenized = duckdb.tokenize(sql)
    ends = [at for at, _ in tokenized[1:]] + [len(text)]
    return [
        Token(at, text[at:end].decode().strip(), kind.name)
        for (at, kind), end in zip(tokenized, ends, strict=True)
        if kind.name != "comment"
    ]


def changes(tokens: Sequence[Token]) -> Iterator[tuple[int, str, str]]:
    """Each change: byte offset, old text and new text."""
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.kind == "numeric_const":
            yield token.at, token.text, str(int(token.text) + 1) if token.text.isdigit() else "0"
        elif token.text == "is" and after and after.text != "not":
            yield token.at, token.text, "is not"
        elif token.kind != "string_const" and token.text in SWAPS and is_used(token, before, after):
            yield token.at, token.text, SWAPS[token.text]


def is_used(token: Token, before: Token | None, after: Token | None) -> bool:
    """Whether a token is in a place where it matters: a verdict as a call, `left` in a join, `=` not in `:=`."""
    if token.text in VERDICTS:
        return after is not None and after.text == "("
    if token.text == "left":
        return after is not None and after.text == "join"
    return not (before and before.text == ":")


def defaults(value: Any) -> Iterator[Any]:
    """Alternative values for a parameter's default."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1)
    elif isinstance(value, list) and value:
        yield from ([entry for entry in value if entry != gone] for gone in value)


def survivors(control: str, catalog: Catalog, cases: Sequence[harness.Case]) -> tuple[int, list[Mutant]]:
    """The number of mutants of a control, and those that none of its cases detects."""
    alive = list(mutants(catalog.models[control]))
    tried = len(alive)
    for case in cases:
        with harness.prepared(case, catalog) as prepared:
            rows = harness.rows_of(case, prepared)
            if wrong := harness.mismatch(case, harness.judged(case, prepared), catalog):
                raise Refused(f"{control}: {case.name}: fails unchanged: {wrong}")
            alive = [mutant for mutant in alive if passes(case, prepared, mutant, rows)]
    return tried, alive


def passes(case: harness.Case, prepared: Build, mutant: Mutant, rows: list[tuple[Any, ...]]) -> bool:
    """Whether a case passes with the mutant; `rows` are the original's. A mutant that cannot run is detected."""
    try:
        if harness.rows_of(case, prepared, mutant.control) == rows:
            return True
        return not harness.mismatch(case, harness.judged(case, prepared), prepared.catalog)
    except Refused:
        return False


def main(names: Sequence[str]) -> int:
    """Print the surviving mutants of the named controls, or of all, and the share detected. Returns the exit code."""
    catalog, cases = harness.load_catalog(), list(harness.read_cases())
    total, missed = 0, list[Mutant]()
    for name in names or catalog.controls:
        begun = time.process_time()
        tried, alive = survivors(name, catalog, [case for case in cases if case.control_id == name])
        total, missed = total + tried, missed + alive
        print(f"{name}: {tried - len(alive)} of {tried} noticed, {time.process_time() - begun:.0f} s", flush=True)
        for mutant in alive:
            print(f"  {mutant.control.path.name}:{mutant.line}: {mutant.old} -> {mutant.new or 'nothing'}", flush=True)
    words = sum(mutant.of_verdict for mutant in missed)
    share = 1 - len(missed) / total if total else 1.0
    print(f"{total - len(missed)} of {total} wrong controls noticed ({share:.1%}); verdict words missed: {words}")
    return 0 if not words and share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
