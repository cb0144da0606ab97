"""Make the inputs of a control unreadable, one at a time, on the rows of its cases."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

from pipeline import collectors
from pipeline.collectors import Collector
from pipeline.collectors._items import resource
from pipeline.rows import rows
from pipeline.schema import EXTRACTS, UNREAD, Dataset, Row
from pipeline.warehouse.build import Build
from pipeline.warehouse.models import Catalog
from tests.sql import harness
from tests.sql.harness import Case

Verdicts = Mapping[tuple[str, str, str], str]
CUT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps"'
FAULT = {"error_class": "iam_deny", "message": "not authorized"}


@dataclass(frozen=True)
class Lost:
    """Inputs without their content: the rows that are left, by dataset, and what says why the others are not."""

    kind: str
    what: str
    left: Mapping[str, list[Row]]
    extracts: list[Row] = field(default_factory=list)
    unread: list[Row] = field(default_factory=list)


def changed(cases: Iterable[Case], models: Catalog, times: int) -> Iterator[str]:
    """A line for each verdict of a control that an unreadable input turns into something else than `unknown`.

    Each kind of loss is tried on up to `times` of its cases, those with most rows first.
    """
    tried: Counter[str] = Counter()
    for case in sorted(cases, key=lambda case: -sum(map(len, case.rows.values()))):
        read = models.datasets(case.control_id)
        once = {lost.kind: lost for lost in losses(case, read) if tried[lost.kind] < times}
        tried.update(once.keys())
        if once:
            with harness.prepared(case, models) as made:
                yield from changed_in(case, made, once.values())


def changed_in(case: Case, made: Build, inputs: Iterable[Lost]) -> Iterator[str]:
    extracts = rows(made.con, "from raw_extracts")
    before, damaged = verdicts(case, made), frozenset[str]()
    for lost in inputs:
        load(case, made, lost, extracts, damaged)
        damaged = frozenset(lost.left)
        for line in differences(before, verdicts(case, made)):
            yield f"{case.control_id}: {case.name}: without {lost.what} {line}"


def losses(case: Case, read: frozenset[str]) -> Iterator[Lost]:
    """Each account's extracts failed, each record unread, each policy document cut, of what the control reads."""
    for collector in collectors.discover():
        of_control = [dataset for dataset in collector.datasets if dataset.name in read]
        if of_control and not harness.DEFAULTS.keys() & {
            of.name for of in collector.datasets
        }:  # else there is no night
            yield from without_extracts(case, collector)
        for dataset in of_control:
            yield from without_documents(case, dataset)
        if of_control and goes_on(collector):
            yield from without_records(case, collector, read)


def without_extracts(case: Case, collector: Collector) -> Iterator[Lost]:
    """The extracts of the management account, of the member, and of each account and Region that has rows."""
    datasets = collector.datasets
    usual = [harness.MANAGEMENT] if collector.scope == "organization" else [harness.MANAGEMENT, harness.MEMBER]
    places = {(account_id, harness.region_of(datasets[0])) for account_id in usual}
    for place in sorted(places | {place_of(of, row) for of in datasets for row in given(case, of)}):
        left = {of.name: [row for row in given(case, of) if place_of(of, row) != place] for of in datasets}
        named = {"account_id": place[0], "region": place[1], "rows": 0, "status": "failed", **FAULT}
        failed = [{**named, "dataset": of.name, "operation": of.operations[0]} for of in datasets if of.operations]
        yield Lost(
            f"extract of {collector.name} in {place[0]}", f"{collector.name} of {place[0]}", left, extracts=failed
        )


def without_documents(case: Case, dataset: Dataset) -> Iterator[Lost]:
    kept = given(case, dataset)
    for index, row in enumerate(kept):
        for column in (c.name for c in dataset.columns if c.type == "json" and is_policy(row.get(c.name))):
            cut = [*kept[:index], row | {column: CUT}, *kept[index + 1 :]]
            what = f"{column} of {resource(dataset, whole(dataset, row))}"
            yield Lost(f"{column} of {dataset.name}", what, {dataset.name: cut})


def without_records(case: Case, collector: Collector, read: frozenset[str]) -> Iterator[Lost]:
    """Each record without its rows, and each subject that records are listed for, as `Account.unread` notes them."""
    named = {
        dataset.name: [(names_of(case, dataset, row), row) for row in given(case, dataset)]
        for dataset in collector.datasets
    }
    for dataset in collector.datasets:
        for name in sorted({name for names, _ in named[dataset.name] for name in names}):
            owner = owner_of(case, collector, name) or dataset
            if owner is dataset and read & named.keys():
                account_id, region = place_of(dataset, next(row for names, row in named[dataset.name] if name in names))
                left = {other: [row for names, row in many if name not in names] for other, many in named.items()}
                fault = {"account_id": account_id, "region": region, "resource": name, "operation": "?", **FAULT}
                lost = [of for of, many in named.items() if of == dataset.name or len(left[of]) < len(many)]
                unread = [{**fault, "dataset": of} for of in lost]
                yield Lost(f"record of {dataset.name}", f"{dataset.name} {name}", left, unread=unread)


def owner_of(case: Case, collector: Collector, name: str) -> Dataset | None:
    """The dataset of the collector whose own record has the name."""
    for dataset in collector.datasets:
        if any(resource(dataset, whole(dataset, row)) == name for row in given(case, dataset)):
            return dataset
    return None


def names_of(case: Case, dataset: Dataset, row: Row) -> frozenset[str]:
    """The names under which a row can be unread: its own, and that of the row of another dataset it is listed for."""
    names = {row[name] for name in row if name in ("principal_arn", "user_arn")}
    names |= set() if names else {resource(dataset, whole(dataset, row))}
    for column in dataset.columns:
        other, _, theirs = (column.references or "").partition(".")
        of = collectors.datasets().get(other)
        names |= {
            resource(of, whole(of, r)) for r in (given(case, of) if of else ()) if r.get(theirs) == row.get(column.name)
        }
    return frozenset(name for name in names if name)


@cache
def goes_on(collector: Collector) -> bool:
    """Whether the collector can leave one record unread (`Account.unread`); the organization's fail as a whole."""
    source = inspect.getsource(import_module(f"{collectors.__name__}.{collector.name}"))
    return collector.scope != "organization" and re.search(r"\b(listing|each|unread|Describe)\(", source) is not None


def load(case: Case, made: Build, lost: Lost, extracts: list[Row], damaged: frozenset[str]) -> None:
    """Load the rows that are left, restore those `damaged` before, and make again what rests on them."""
    touched = {"raw_extracts", "raw_unread_records", *(f"raw_{name}" for name in damaged | lost.left.keys())}
    loaded = {row[0] for row in made.con.execute("select table_name from duckdb_tables()").fetchall()}
    datasets = collectors.datasets()
    for name in damaged | lost.left.keys():
        if f"raw_{name}" in loaded:
            harness.load(made.con, datasets[name], lost.left.get(name, given(case, datasets[name])))
    failed = {tuple(row[key] for key in EXTRACTS.key) for row in lost.extracts}
    ended = [row for row in extracts if tuple(row[key] for key in EXTRACTS.key) not in failed]
    harness.load(made.con, EXTRACTS, [*ended, *lost.extracts])
    harness.load(made.con, UNREAD, [*case.rows.get("unread_records", []), *lost.unread])
    for model in made.catalog.with_ancestors([case.control_id]):
        if model.name != case.control_id and touched & made.catalog.upstream[model.name]:
            made.make(model)


def verdicts(case: Case, made: Build) -> Verdicts:
    made.make(made.catalog.models[case.control_id])
    return {(f["account_id"], f["region"], f["resource"]): f["verdict"] for f in harness.judged(case, made)}


def differences(before: Verdicts, after: Verdicts) -> Iterator[str]:
    unknown = {account_id for (account_id, *_), verdict in after.items() if verdict == "unknown"}
    for place, verdict in sorted(after.items()):
        if verdict not in ("unknown", before.get(place)):
            yield f"{place[0]} {place[2]} is {verdict}, was {before.get(place)}"
    for place, verdict in sorted(before.items()):
        if place not in after and place[0] not in unknown:
            yield f"{place[0]} {place[2]} is not there, was {verdict}"


def given(case: Case, dataset: Dataset) -> list[Row]:
    if dataset.name == "access_keys" and dataset.name not in case.rows:
        return list(harness.listed_keys(case.rows.get("credential_report", [])))
    kept: list[Row] = case.rows.get(dataset.name, harness.DEFAULTS.get(dataset.name, []))
    return kept


def whole(dataset: Dataset, row: Row) -> Row:
    return {column.name: row.get(column.name) for column in dataset.columns}


def place_of(dataset: Dataset, row: Row) -> tuple[str, str]:
    home = harness.MANAGEMENT if dataset.scope == "organization" else row.get("account_id", harness.MEMBER)
    return home, row.get("region", "us-east-1") if dataset.scope == "region" else "global"


def is_policy(value: Any) -> bool:
    try:
        read = json.loads(value) if isinstance(value, str) and value != harness.NULL else value
    except ValueError:
        return False
    return isinstance(read, dict) and bool(read.keys() & {"Statement", "services", "tags"})
