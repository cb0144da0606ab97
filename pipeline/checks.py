"""What is expected of a night's raw tables, as their datasets declare it: types, keys, presence, patterns, references.

Only says what to check, and says it without Great Expectations, which takes seconds to load: `pipeline.quality` runs
it, the code location lists it. What blocks is what would make verdicts wrong. What AWS may change one day (another
value of an enumeration) and what moves between two calls is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.schema import Column, Dataset

Severity = Literal["blocking", "warning"]

ROWS, UNIQUE, UNIQUE_TOGETHER, IN_SET, ROW_COUNT = (
    "UnexpectedRowsExpectation",
    "ExpectColumnValuesToBeUnique",
    "ExpectCompoundColumnsToBeUnique",
    "ExpectColumnValuesToBeInSet",
    "ExpectTableRowCountToBeBetween",
)
FOUND_TYPE = {"json": "VARCHAR"}


@dataclass(frozen=True)
class Check:
    """One expectation of one dataset: a class of Great Expectations by name, and its arguments."""

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
    """A check that a query finds nothing. `$table` in it is the dataset's table.

    Great Expectations formats the query and SQLAlchemy looks for `:parameters` in it, in string literals too: braces
    are doubled, and a colon that could begin a parameter is taken out of its literal.
    """
    if "$table" not in query:
        query += " /* $table */"
    query = query.replace("{", "{{").replace("}", "}}").replace("$table", "{batch}")
    query = re.sub(r"(?<![:\w]):(?=\w)", "' || chr(58) || '", f"select * from ({query}) order by all")
    return Check(dataset, name, severity, description, ROWS, {"unexpected_rows_query": query})


def quoted(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def of_schema(dataset: Dataset, datasets: Mapping[str, Dataset]) -> Iterator[Check]:
    """What a dataset's own declaration promises."""
    yield _types(dataset)
    if dataset.key:
        yield _unique(dataset)
    if not dataset.may_be_empty:
        arguments = {"min_value": 1}
        yield Check(dataset.name, "not_empty", dataset.severity, "Has at least one row", ROW_COUNT, arguments)
    if required := [column.name for column in dataset.columns if column.required]:
        yield _present(dataset, required)
    for column in dataset.columns:
        if column.values:
            yield _known(dataset, column)
        if column.pattern:
            yield _form(dataset, column)
        if column.type == "json":
            yield _json(dataset, column)
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


def _present(dataset: Dataset, required: list[str]) -> Check:
    missing = ", ".join(f"case when {name} is null then {quoted(name)} end" for name in required)
    columns = ", ".join([*dataset.key, f"concat_ws(', ', {missing}) as missing"])
    query = f"select {columns} from $table where {' or '.join(f'{name} is null' for name in required)}"
    what = f"{', '.join(required)} {'is' if len(required) == 1 else 'are'} always there"
    return no_rows(dataset.name, "required_present", dataset.severity, what, query)


def _known(dataset: Dataset, column: Column) -> Check:
    """AWS may add a value to its enumerations; the run's own words must hold."""
    severity: Severity = "warning" if dataset.operations else dataset.severity
    what = f"{column.name} is one of {', '.join(column.values)}"
    arguments = {"column": column.name, "value_set": list(column.values)}
    return Check(dataset.name, f"{column.name}_known", severity, what, IN_SET, arguments)


def _form(dataset: Dataset, column: Column) -> Check:
    severity: Severity = dataset.severity if column.name in dataset.key else "warning"
    query = f"select {shown(dataset, column)} from $table where not regexp_full_match({column.name}, "
    query += f"{quoted(column.pattern or '')})"
    what = f"{column.name} has the form {column.pattern}"
    return no_rows(dataset.name, f"{column.name}_form", severity, what, query)


def _json(dataset: Dataset, column: Column) -> Check:
    """A warning: a document that does not parse is landed as it came, and its controls say `unknown`."""
    query = f"select {shown(dataset, column)} from $table where not json_valid({column.name})"
    return no_rows(dataset.name, f"{column.name}_is_json", "warning", f"{column.name} is JSON", query)


def _reference(dataset: Dataset, column: Column, datasets: Mapping[str, Dataset]) -> Check:
    """Every value is found in the other dataset where that one was read, and in the same account if it has accounts."""
    other, _, target = (column.references or "").partition(".")
    if other not in datasets or target not in {c.name for c in datasets[other].columns}:
        raise TypeError(f"{dataset.name}.{column.name}: references {column.references}, which no dataset declares")
    same_account = datasets[other].scope != "organization"
    was_read = f"from raw_extracts as e where e.dataset = {quoted(other)} and e.status = 'ok'"
    is_there = f"from raw_{other} as o where o.{target} = t.{column.name}"
    if same_account:
        was_read += " and e.account_id = t.account_id"
        is_there += " and o.account_id = t.account_id"
    query = (
        f"with t as (from $table) select {shown(dataset, column)} from t where {column.name} is not null "
        f"and exists ({was_read}) and not exists ({is_there})"
    )
    what = f"Every {column.name} is found in {column.references}"
    return no_rows(dataset.name, f"{column.name}_found", dataset.severity, what, query)


def shown(dataset: Dataset, column: Column) -> str:
    """The columns that tell a reader which row it is and what is in it."""
    return ", ".join(dict.fromkeys([*dataset.key, column.name]))
