"""Checks that find what no declaration of a type can: impossible moments, unsaid values, columns and rows that vanish.

They compare rows with the night itself: when its answers were given, which of its calls failed, what it could not read,
and what the nights before held. A failure costs the extract that has the rows, as that of any blocking check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline import knowledge
from pipeline.quality.declared import Check, named, no_rows
from pipeline.rows import quoted
from pipeline.schema import EXTRACTS, Dataset

FILLED = "filled_before"
"""Table with the number of values of each optional column, on the night before."""
FILLED_CHECK, VANISHED_CHECK = "columns_filled", "not_all_gone"
FEW = 10
"""As many values or rows may be gone from one night to the next."""
OF_ROLES = ("roles", "role_session_durations")
ASSUME_ROLE = "sts:AssumeRole"
LATENESS = "interval 15 minutes"
"""How much later than an answer a moment in it may be: AWS's services have clocks of their own."""


def of_dataset(dataset: Dataset) -> Iterator[Check]:
    """The checks on the rows of one collected dataset."""
    if not dataset.operations:
        return
    yield from _possible(dataset)
    values = {column.name: column.values for column in dataset.columns if column.values}
    if values and dataset.name != "accounts":  # an account in a new state counts as not read
        yield _values_are_known(dataset, values)
    if needed := {column.name: column.needed_if for column in dataset.columns if column.needed_if}:
        yield _present_where_needed(dataset, needed)
    if only := {column.name: column.only_if for column in dataset.columns if column.only_if}:
        yield _absent_elsewhere(dataset, only)


def of_night(datasets: Mapping[str, Dataset], previous: str, run: str) -> Iterator[Check]:
    """The checks on the extracts of a night as a whole."""
    yield _read_tonight(run)
    yield _vanished(previous)
    yield _filled(datasets)
    if "ledger" in datasets:
        yield _as_the_ledger(datasets)
    for dataset in datasets.values():
        if dataset.operations and not dataset.may_be_empty:
            yield _not_empty(dataset, "account_summary" in datasets)


def _named(dataset: Dataset, *more: str) -> str:
    return ", ".join(named(dataset, *more))


def _unsaid(dataset: Dataset) -> str:
    """An SQL condition on a row: no unread record is about it."""
    said = f"from raw_unread_records where dataset = {quoted(dataset.name)}"
    return f"not exists ({said})" if dataset.named_by is None else f"{dataset.named_by} not in (select resource {said})"


def _possible(dataset: Dataset) -> Iterator[Check]:
    """No moment is before AWS began or, unless it is to come, after the night's last answer; no number is negative."""
    began = f"timestamp '{knowledge.load('beginnings').facts['service'][0]['began']}'"
    latest = f"(select max(data_time) + {LATENESS} from raw_ledger)"
    tests = {}
    for column in dataset.columns:
        if column.type == "timestamp":
            tests[column.name] = f"{column.name} < {began}" + (
                "" if column.is_to_come else f" or {column.name} > {latest}"
            )
        elif column.type in ("bigint", "double"):
            tests[column.name] = f"{column.name} < 0"
    if tests:
        query = f"select {_named(dataset, *tests)} from $table where {' or '.join(tests.values())}"
        what = f"{', '.join(tests)}: no moment is before AWS began or after the answer, no number is negative"
        yield no_rows(dataset.name, "values_possible", dataset.severity, what, query)


def _values_are_known(dataset: Dataset, values: Mapping[str, tuple[str, ...]]) -> Check:
    """A value that AWS has added is an unread record too, so that what rests on it is unknown."""
    odd = " or ".join(f"{name} not in ({', '.join(map(quoted, known))})" for name, known in values.items())
    query = f"select {_named(dataset, *values)} from $table where ({odd}) and {_unsaid(dataset)}"
    what = f"{', '.join(values)}: a value that is not declared is an unread record as well"
    return no_rows(dataset.name, "values_known_or_said", dataset.severity, what, query)


def _present_where_needed(dataset: Dataset, needed: Mapping[str, str]) -> Check:
    tests = " or ".join(f"({name} is null and ({condition}))" for name, condition in needed.items())
    query = f"select {_named(dataset, *needed)} from $table where ({tests}) and {_unsaid(dataset)}"
    what = "; ".join(f"{name} is there where {condition}" for name, condition in needed.items())
    return no_rows(dataset.name, "present_where_needed", dataset.severity, what, query)


def _absent_elsewhere(dataset: Dataset, only: Mapping[str, str]) -> Check:
    tests = " or ".join(f"({name} is not null and not ({condition}))" for name, condition in only.items())
    query = f"select {_named(dataset, *only)} from $table where ({tests}) and {_unsaid(dataset)}"
    what = "; ".join(f"{name} is there only where {condition}" for name, condition in only.items())
    return no_rows(dataset.name, "absent_elsewhere", dataset.severity, what, query)


def _filled(datasets: Mapping[str, Dataset]) -> Check:
    """A column that had values and is empty in every row has not been read."""
    counts = []
    for dataset in datasets.values():
        optional = [column.name for column in dataset.columns if not column.required and "[" not in column.type]
        if dataset.operations and optional:
            values = ", ".join(f"struct_pack(name := {quoted(name)}, filled := count({name}))" for name in optional)
            counted = f"unnest([{values}]) as v, count(*) as n from raw_{dataset.name}"
            counts.append(f"select {quoted(dataset.name)} as dataset, {counted}")
    query = (
        'select dataset, account_id, region, v.name as "column", p.filled as filled_before '
        f"from ({' union all '.join(counts)}) as now join {FILLED} as p using (dataset) join $table as e "
        "using (dataset) where p.name = v.name and e.status = 'ok' and e.rows > 0 "
        f"and v.filled = 0 and n >= {FEW} and p.filled >= {FEW}"
    )
    what = "No optional column that had values on the night before is empty in every row"
    return no_rows(EXTRACTS.name, FILLED_CHECK, "blocking", what, query)


def _not_empty(dataset: Dataset, has_summary: bool) -> Check:
    """No account is without rows, unless they could not be read, or it has no roles by AWS's own count either."""
    name = quoted(dataset.name)
    where = ", ".join(column.name for column in dataset.columns if column.name in ("account_id", "region"))
    missing = f"where ({where}) not in (select ({where}) from $table)" if where else "where not exists (from $table)"
    query = (
        f"select dataset, account_id, region from (from raw_extracts where dataset = {name} and status = 'ok') "
        f"{missing} and account_id not in (select account_id from raw_unread_records where dataset = {name})"
    )
    if has_summary and dataset.name in OF_ROLES:
        none = "select account_id from raw_account_summary where metric = 'Roles' and value = 0"
        query += f" and account_id not in ({none})"
    return no_rows(dataset.name, "no_account_empty", dataset.severity, "Has a row wherever it was read", query)


def _read_tonight(run: str) -> Check:
    """An account's newest answer is of the night; a report inside an answer may be older."""
    read_at = "select account_id, max(data_time) as read_at from raw_ledger group by account_id"
    query = (
        "select e.dataset, e.account_id, e.region, r.read_at, begins, ends "
        f"from (from $table where status = 'ok') as e join ({read_at}) as r using (account_id), {run} "
        "where r.read_at not between begins and ends"
    )
    what = "Every account was read on this night, by the time of AWS's answers"
    return no_rows(EXTRACTS.name, "read_on_this_night", "blocking", what, query)


def _vanished(previous: str) -> Check:
    """All rows of a dataset are gone at once, from accounts that were read on both nights."""
    query = (
        "select dataset, account_id, region, rows_before from ("
        "select e.dataset, e.account_id, e.region, b.rows as rows_before, "
        "sum(b.rows) over (partition by e.dataset) as all_before, sum(e.rows) over (partition by e.dataset) as all_now "
        f"from (from $table where status = 'ok') as e join {previous} as b using (account_id, region, dataset) "
        f"where b.status = 'ok') where all_now = 0 and all_before >= {FEW} and rows_before > 0"
    )
    what = "No dataset lost all of its rows since the night before, over what was read on both"
    return no_rows(EXTRACTS.name, VANISHED_CHECK, "blocking", what, query)


def _as_the_ledger(datasets: Mapping[str, Dataset]) -> Check:
    """An extract is not ok if a call for it failed and none succeeded, or the last failed, which has the data.

    Not compared are datasets whose rows say themselves what could not be read, extracts with unread records, and
    operations that datasets read by other calls use too: the ledger does not say for which of them a call was.
    """
    users: dict[str, set[tuple[str, ...]]] = {}
    for dataset in datasets.values():
        for operation in dataset.operations:
            users.setdefault(operation, set()).add(dataset.operations)
    compared = [d for d in datasets.values() if d.operations and "error_class" not in [c.name for c in d.columns]]
    operations = ", ".join(
        f"({quoted(d.name)}, {quoted(operation)}, {operation == d.operations[-1]}, {d.scope == 'region'})"
        for d in compared
        for operation in (
            *(name for name in d.operations if len(users[name]) == 1),
            # What is read once is read without the role of the account.
            *(() if d.scope == "organization" else (ASSUME_ROLE,)),
        )
    )
    failed = "l.status = 'failed'"
    query = (
        "select e.dataset, e.account_id, e.region, string_agg(distinct l.operation, ', ') as failed "
        f"from (from $table where status = 'ok') as e join (values {operations}) "
        "as o(dataset, operation, is_last, is_regional) using (dataset) join raw_ledger as l "
        "on l.account_id = e.account_id and l.operation = o.operation and (l.region = e.region or not o.is_regional "
        f"or l.operation = {quoted(ASSUME_ROLE)}) where (e.account_id, e.dataset) not in "
        "(select (account_id, dataset) from raw_unread_records) group by all "
        f"having bool_or({failed}) and (bool_and({failed}) or bool_or({failed} and o.is_last))"
    )
    what = "What a failed call was for has not been read"
    return no_rows(EXTRACTS.name, "as_the_ledger_says", "blocking", what, query)
