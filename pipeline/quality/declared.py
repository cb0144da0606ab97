"""Checks derived from the declarations of the datasets: types, keys, presence, patterns, references.

Defines the checks without Great Expectations, which takes seconds to load: `pipeline.quality.run` runs them, the code
location lists them. A check blocks if its failure would make verdicts wrong. What AWS may change one day (a new value
in an enumeration), or what changes between two calls, is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.rows import quoted
from pipeline.schema import Column, Dataset

Severity = Literal["blocking", "warning"]

ROWS, UNIQUE, UNIQUE_TOGETHER, ROW_COUNT = (
    "UnexpectedRowsExpectation",
    "ExpectColumnValuesToBeUnique",
    "ExpectCompoundColumnsToBeUnique",
    "ExpectTableRowCountToBeBetween",
)
NOT_NULL, IN_SET = "ExpectColumnValuesToNotBeNull", "ExpectColumnValuesToBeInSet"
KNOWN = "_in_set"
"""End of the names of checks for values that AWS may add to."""
FOUND_TYPE = {"json": "VARCHAR"}


@dataclass(frozen=True)
class Check:
    """One expectation on one dataset: the name of a Great Expectations class, and its arguments."""

    dataset: str
    name: str
    severity: Severity
    description: str
    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.dataset, self.name


def no_rows(dataset: str, name: str, severity: Severity, description: str, query: str) -> Check:
    """A check that a query returns no rows. `$table` in it is the dataset's table.

    Great Expectations formats the query and SQLAlchemy looks for `:parameters` in it, in string literals too: braces
    are doubled, and a colon that could begin a parameter is taken out of its literal.
    """
    if "$table" not in query:
        query += " /* $table */"
    query = query.replace("{", "{{").replace("}", "}}").replace("$table", "{batch}")
    query = re.sub(r"(?<![:\w]):(?=\w)", "' || chr(58) || '", f"select * from ({query}) order by all")
    return Check(dataset, name, severity, description, ROWS, {"unexpected_rows_query": query})


def rows_that_break(check: Check, dataset: Dataset) -> str | None:
    """A query for the violating rows; None for a check of the table as a whole."""
    table, arguments = f"raw_{dataset.name}", check.arguments
    if check.expectation == ROWS:
        return str(arguments["unexpected_rows_query"]).format(batch=table)
    if check.expectation in (UNIQUE, UNIQUE_TOGETHER):
        keys = ", ".join(arguments.get("column_list") or [arguments["column"]])
        return f"select {keys} from {table} qualify count(*) over (partition by {keys}) > 1 order by all"
    if check.expectation in (NOT_NULL, IN_SET):
        column, known = arguments["column"], ", ".join(map(quoted, arguments.get("value_set", ())))
        broken = f"{column} not in ({known})" if known else f"{column} is null"
        return f"select {', '.join(named(dataset, column))} from {table} where {broken} order by all"
    return None


def named(dataset: Dataset, *more: str) -> list[str]:
    """The columns that say which row it is and whose: account, Region, key, and `more`."""
    where = [column.name for column in dataset.columns if column.name in ("account_id", "region")]
    return list(dict.fromkeys([*where, *dataset.key, *more]))


def of_schema(dataset: Dataset, datasets: Mapping[str, Dataset]) -> Iterator[Check]:
    """The checks derived from a dataset's own declaration."""
    yield _types(dataset)
    if dataset.key:
        yield _unique(dataset)
    if not (dataset.may_be_empty or dataset.operations):
        yield _not_empty(dataset)
    yield from (_present(dataset, column) for column in dataset.columns if column.required)
    yield from (_in_set(dataset, column) for column in dataset.columns if column.values)
    if patterns := [column for column in dataset.columns if column.pattern]:
        yield _values(dataset, "patterns_as_declared", dataset.severity, patterns)
    texts = [column for column in dataset.columns if column.type == "json"]
    # A policy document is AWS's own text: a malformed one is for the controls. Other JSON is the collectors'.
    if documents := [column for column in texts if column.name.endswith("document")]:
        yield _values(dataset, "documents_as_declared", "warning", documents)
    if own := [column for column in texts if column not in documents]:
        yield _values(dataset, "json_as_declared", dataset.severity, own)
    for column in dataset.columns:
        if column.references:
            yield _reference(dataset, column, datasets)


def _types(dataset: Dataset) -> Check:
    declared = ", ".join(
        f"({quoted(column.name)}, {quoted(FOUND_TYPE.get(column.type, column.type.upper()))})"
        for column in dataset.columns
    )
    query = (
        f"select name, declared, found from (values {declared}) as expected(name, declared) left join "
        "(select column_name as name, replace(column_type, 'JSON', 'VARCHAR') as found from (describe from $table)) "
        "using (name) where found is distinct from declared"
    )
    what = "Has the declared columns with the declared types"
    return no_rows(dataset.name, "columns_and_types", dataset.severity, what, query)


def _unique(dataset: Dataset) -> Check:
    key = [*dataset.key, "as_of"] if dataset.history_days else [*dataset.key]
    what = f"Each {', '.join(key)} occurs once"
    arguments = {"column": key[0]} if len(key) == 1 else {"column_list": key}
    expectation = UNIQUE if len(key) == 1 else UNIQUE_TOGETHER
    return Check(dataset.name, "key_unique", dataset.severity, what, expectation, arguments)


def _not_empty(dataset: Dataset) -> Check:
    return Check(dataset.name, "not_empty", dataset.severity, "Has at least one row", ROW_COUNT, {"min_value": 1})


def _present(dataset: Dataset, column: Column) -> Check:
    what = f"{column.name} is always there"
    return Check(dataset.name, f"{column.name}_present", dataset.severity, what, NOT_NULL, {"column": column.name})


def _in_set(dataset: Dataset, column: Column) -> Check:
    """Values of our own must be known; AWS may add values to its own."""
    severity: Severity = "warning" if dataset.operations else dataset.severity
    what = f"{column.name} is one of {', '.join(column.values)}"
    arguments = {"column": column.name, "value_set": list(column.values)}
    return Check(dataset.name, f"{column.name}{KNOWN}", severity, what, IN_SET, arguments)


def _values(dataset: Dataset, name: str, severity: Severity, columns: list[Column]) -> Check:
    """Patterns, or JSON. Unparsable policy documents are landed unchanged, and their controls return `unknown`."""
    holds = ", ".join(
        f"struct_pack(name := {quoted(c.name)}, text := {_text(c)}, holds := {_holds(c)})" for c in columns
    )
    keys = "".join(f"{name}, " for name in named(dataset))
    query = (
        f'select {keys}v.name as "column", v.text as "value" '
        f"from (select {keys}unnest([{holds}]) as v from $table) where not v.holds"
    )
    what = f"{', '.join(column.name for column in columns)} hold what they are declared to hold"
    return no_rows(dataset.name, name, severity, what, query)


def _holds(column: Column) -> str:
    """An SQL expression that is false for an invalid value of the column, and null for null."""
    tests = []
    if column.pattern:
        is_list = column.type.endswith("[]")
        matches = f"regexp_full_match({'x' if is_list else column.name}, {quoted(column.pattern)})"
        tests.append(f"len(list_filter({column.name}, lambda x: not {matches})) = 0" if is_list else matches)
    if column.type == "json":
        tests.append(f"json_valid({column.name})")
    return " and ".join(tests)


def _text(column: Column) -> str:
    return f"cast({column.name} as varchar)" if column.type != "json" else f"left({column.name}, 200)"


def _reference(dataset: Dataset, column: Column, datasets: Mapping[str, Dataset]) -> Check:
    """Every value exists in the other dataset, if that was read; in the same account, if it has accounts."""
    other, _, target = (column.references or "").partition(".")
    if other not in datasets or target not in {c.name for c in datasets[other].columns}:
        raise TypeError(f"{dataset.name}.{column.name}: references {column.references}, which no dataset declares")
    same_account = datasets[other].scope != "organization"
    was_read = f"from raw_extracts as e where e.dataset = {quoted(other)} and e.status = 'ok'"
    is_there = f"from raw_{other} as o where o.{target} = t.{column.name}"
    if same_account:
        was_read += " and e.account_id = t.account_id"
        is_there += " and o.account_id = t.account_id"
    columns = ", ".join(dict.fromkeys([*dataset.key, column.name]))
    query = (
        f"with t as (from $table) select {columns} from t where {column.name} is not null "
        f"and exists ({was_read}) and not exists ({is_there})"
    )
    what = f"Every {column.name} is found in {column.references}"
    return no_rows(dataset.name, f"{column.name}_found", dataset.severity, what, query)
