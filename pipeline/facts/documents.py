"""Facts about each distinct document of customer managed and inline identity policies: broad, sensitive, flawed.

A document is evaluated once for all accounts that have it: int_customer_documents removes the account's own id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._evidence import cited, dumped
from pipeline.policy import Document, MalformedPolicy, document_facts, flaws, is_admin, parse
from pipeline.policy.facts import holder_of
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_documents",
    "What each distinct document of customers' identity policies says on its own: a row for each fact. A document "
    "outside the policy grammar is one row with malformed_reason.",
    "account",
    (),
    (
        Column("content_sha256", "varchar", "Key of the document in int_customer_documents", required=True),
        Column("kind", "varchar", "Kind of fact, as the evaluator names it; flaw is a condition that does not work"),
        Column("statement_index", "bigint", "Place of the statement, from 0; null where no single one does it"),
        Column("sid", "varchar", "Sid of the statement; empty where it has none"),
        Column("detail", "varchar", "The service, action or condition that it is about, or what is wrong with it"),
        Column("operator", "varchar", "Operator of a flawed condition"),
        Column("condition_key", "varchar", "Key of a flawed condition"),
        Column("flaw", "varchar", "What kind of flaw"),
        Column("weakens", "boolean", "Whether a flaw lets more through than it seems"),
        Column("statements", "json", "The statements that it rests on"),
        Column("malformed_reason", "varchar", "Why the document could not be read"),
    ),
    key=("content_sha256", "kind", "statement_index", "detail"),
)
QUERIES = {
    "documents": """
        select
            held.content_sha256,
            any_value(replace(documents.document, held.account_id, held.own_account)) as document
        from int_customer_documents as held
        inner join int_identity_documents as documents on held.document_sha256 = documents.document_sha256
        group by held.content_sha256
        order by held.content_sha256"""
}
JUDGES: tuple[PolicyLayer, ...] = ("identity",)

EMPTY: Row = {column.name: None for column in TABLE.columns}


def rows(tables: Queried) -> Iterator[Row]:
    for content in tables["documents"]:
        key = {"content_sha256": content["content_sha256"]}
        try:
            document = parse(content["document"], "identity")
        except MalformedPolicy as error:
            yield EMPTY | key | {"kind": "malformed", "malformed_reason": str(error)}
            continue
        for row in of_document(document):
            yield EMPTY | key | row


def rows_of_readable(tables: Queried, of_document: Callable[[Document], Iterable[Row]]) -> Iterator[Row]:
    """For facts beside these: what `of_document` says of each document within the policy grammar, with its key."""
    for content in tables["documents"]:
        try:
            document = parse(content["document"], "identity")
        except MalformedPolicy:
            continue
        for row in of_document(document):
            yield {"content_sha256": content["content_sha256"]} | row


def of_document(document: Document) -> Iterator[Row]:
    for fact in document_facts(document):
        yield {
            "kind": fact.kind,
            "statement_index": fact.statement,
            "sid": fact.sid,
            "detail": fact.detail,
            "statements": dumped(statement(document, fact.statement)),
        }
    for flaw in flaws(document):
        yield {
            "kind": "flaw",
            "statement_index": flaw.statement,
            "sid": flaw.sid,
            "detail": flaw.detail,
            "operator": flaw.operator,
            "condition_key": flaw.key,
            "flaw": flaw.code,
            "weakens": flaw.weakens,
            "statements": dumped(statement(document, flaw.statement)),
        }


def statement(document: Document, index: int | None) -> list[dict[str, object]]:
    """The statement, or, if no single one is the cause, those that make the holder an administrator."""
    if index is None:
        admin = is_admin(holder_of(document))
        return [{key: hit[key] for key in ("statement", "sid", "text")} for hit in cited(admin.evidence)]
    cause = document.statements[index]
    return [{"statement": index, "sid": cause.sid, "text": json.loads(cause.text)}]
