"""Statements of identity policies that allow destroying or blinding actions on every resource."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from pipeline import knowledge
from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._evidence import dumped
from pipeline.facts.documents import QUERIES as DOCUMENTS
from pipeline.facts.documents import rows_of_readable, statement
from pipeline.policy import Document
from pipeline.policy.facts import holder_of, is_unscoped
from pipeline.policy.match import statement_covers_action
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_destructive_actions",
    "Destroying and blinding actions that each distinct document of customers' identity policies allows on every "
    "resource, by statement. A document outside the policy grammar has none: see fact_documents.",
    "account",
    (),
    (
        Column("content_sha256", "varchar", "Key of the document in int_customer_documents", required=True),
        Column("statement_index", "bigint", "Place of the statement, from 0", required=True),
        Column("sid", "varchar", "Sid of the statement; empty where it has none", required=True),
        Column("kind", "varchar", "What the actions do", required=True, values=("destroys", "blinds")),
        Column("actions", "varchar[]", "The actions", required=True),
        Column("statements", "json", "The statement", required=True),
    ),
    key=("content_sha256", "statement_index", "kind"),
)
QUERIES = DOCUMENTS
JUDGES: tuple[PolicyLayer, ...] = ("identity",)


def rows(tables: Queried) -> Iterator[Row]:
    return rows_of_readable(tables, of_document)


def of_document(document: Document) -> Iterator[Row]:
    holder = holder_of(document)
    for allow in (one for one in document.statements if one.effect == "Allow"):
        for kind, listed in by_kind().items():
            covered = (action for action in listed if statement_covers_action(allow, action))
            if actions := [action for action in covered if is_unscoped(allow, action, holder)]:
                cause = {"statement_index": allow.index, "sid": allow.sid}
                cited = dumped(statement(document, allow.index))
                yield {**cause, "kind": kind, "actions": sorted(actions), "statements": cited}


@cache
def by_kind() -> dict[str, tuple[str, ...]]:
    """The actions of `destructive_actions.toml` that destroy, and those that blind."""
    listed: dict[str, tuple[str, ...]] = {}
    for group in knowledge.load("destructive_actions").facts["group"]:
        listed[group["kind"]] = (*listed.get(group["kind"], ()), *group["actions"])
    return listed
