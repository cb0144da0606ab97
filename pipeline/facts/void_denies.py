"""Deny statements of identity policies that name a group where AWS never looks for one, and so stop nobody."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._evidence import dumped
from pipeline.facts.documents import QUERIES as DOCUMENTS
from pipeline.facts.documents import rows_of_readable, statement
from pipeline.policy import Document
from pipeline.policy.actions import expand, find
from pipeline.policy.document import Statement
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_void_denies",
    "Deny statements of customers' identity policies that name groups in vain. A document outside the policy grammar "
    "has none: see fact_documents.",
    "account",
    (),
    (
        Column("content_sha256", "varchar", "Key of the document in int_customer_documents", required=True),
        Column("statement_index", "bigint", "Place of the statement, from 0", required=True),
        Column("sid", "varchar", "Sid of the statement; empty where it has none", required=True),
        Column("element", "varchar", "Where the groups stand", required=True, values=("Resource", "aws:PrincipalArn")),
        Column("groups", "varchar[]", "The groups, as written", required=True),
        Column("actions", "varchar[]", "The actions, as written, that are not denied in effect", required=True),
        Column("statements", "json", "The statement", required=True),
    ),
    key=("content_sha256", "statement_index", "element"),
)
QUERIES = DOCUMENTS
JUDGES: tuple[PolicyLayer, ...] = ("identity",)


def rows(tables: Queried) -> Iterator[Row]:
    return rows_of_readable(tables, of_document)


def of_document(document: Document) -> Iterator[Row]:
    for deny in (one for one in document.statements if one.effect == "Deny"):
        cause = {"statement_index": deny.index, "sid": deny.sid, "statements": dumped(statement(document, deny.index))}
        if void := [action for action in deny.actions or () if are_groups(deny.resources) and not on_groups(action)]:
            yield {**cause, "element": "Resource", "groups": list(deny.resources or ()), "actions": void}
        if callers := group_callers(deny):
            actions = list(deny.actions or deny.not_actions or ())
            yield {**cause, "element": "aws:PrincipalArn", "groups": list(callers), "actions": actions}


def are_groups(patterns: tuple[str, ...] | None) -> bool:
    return bool(patterns) and all(":group/" in pattern for pattern in patterns or ())


def on_groups(pattern: str) -> bool:
    """Whether an action of the pattern acts on groups; one that is not known might."""
    entries = [find(action) for action in expand(pattern)] or [None]
    return any(entry is None or any(name == "group" for name, _ in entry.resource_types) for entry in entries)


def group_callers(deny: Statement) -> tuple[str, ...]:
    """The groups that must have made the request: no group ever does, a user of it does."""
    for condition in deny.conditions:
        if (
            condition.key.lower() == "aws:principalarn"
            and "Not" not in condition.operator
            and are_groups(condition.values)
        ):
            return condition.values
    return ()
