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


def of_schema(dataset: Dataset, datasets: Mapping[str, Dataset]) -> Iterator[Check]:
    """The checks derived from a dataset's own declaration."""
    yield _types(dataset)
    if dataset.key:
        yield _unique(dataset)
    if not dataset.may_be_empty:
        yield _not_empty(dataset)
    if required := [column.name for column in dataset.columns if column.required]:
        yield _present(dataset, required)
    if declared := [column for column in dataset.columns if column.pattern or column.values or column.type == "json"]:
        yield _values(dataset, declared)
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
    """Collected datasets must have rows only where an extract succeeded."""
    if not dataset.operations:
        what, arguments = "Has at least one row", {"min_value": 1}
        return Check(dataset.name, "not_empty", dataset.severity, what, ROW_COUNT, arguments)
    finished = f"from raw_extracts where dataset = {quoted(dataset.name)} and status = 'ok'"
    query = f"select count(*) as rows from $table having count(*) = 0 and exists ({finished})"
    return no_rows(dataset.name, "not_empty", dataset.severity, "Has at least one row where it was read", query)


def _present(dataset: Dataset, required: list[str]) -> Check:
    missing = ", ".join(f"case when {name} is null then {quoted(name)} end" for name in required)
    where = [column.name for column in dataset.columns if column.name in ("account_id", "region")]
    columns = ", ".join(dict.fromkeys([*where, *dataset.key, f"concat_ws(', ', {missing}) as missing"]))
    query = f"select {columns} from $table where {' or '.join(f'{name} is null' for name in required)}"
    what = f"{', '.join(required)} {'is' if len(required) == 1 else 'are'} always there"
    return no_rows(dataset.name, "required_present", dataset.severity, what, query)


def _values(dataset: Dataset, columns: list[Column]) -> Check:
    """Patterns, value sets and JSON. Values of our own must be valid; AWS may add values to its own. Unparsable policy
    documents are landed unchanged, and their controls return `unknown`."""
    holds = ", ".join(
        f"struct_pack(name := {quoted(c.name)}, text := {_text(c)}, holds := {_holds(c)})" for c in columns
    )
    keys = "".join(f"{name}, " for name in dataset.key)
    query = (
        f'select {keys}v.name as "column", v.text as "value" '
        f"from (select {keys}unnest([{holds}]) as v from $table) where not v.holds"
    )
    severity: Severity = "warning" if dataset.operations else dataset.severity
    what = f"{', '.join(column.name for column in columns)} hold what they are declared to hold"
    return no_rows(dataset.name, "values_as_declared", severity, what, query)


def _holds(column: Column) -> str:
    """An SQL expression that is false for an invalid value of the column, and null for null."""
    tests = []
    if column.pattern:
        is_list = column.type.endswith("[]")
        matches = f"regexp_full_match({'x' if is_list else column.name}, {quoted(column.pattern)})"
        tests.append(f"len(list_filter({column.name}, lambda x: not {matches})) = 0" if is_list else matches)
    if column.values:
        tests.append(f"{column.name} in ({', '.join(map(quoted, column.values))})")
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
