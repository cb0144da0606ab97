"""The principals named in each distinct trust policy, one row per statement and principal."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator

from pipeline.facts import PolicyLayer, Queried
from pipeline.policy.document import Statement, parse
from pipeline.policy.grammar import MalformedPolicy
from pipeline.policy.match import statement_covers_action
from pipeline.policy.partitions import service_of
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_trust_principals",
    "The principals that each distinct trust policy speaks of: a row for each statement and principal. "
    "A document outside the policy grammar is one row with malformed_reason.",
    "account",
    (),
    (
        Column("document_sha256", "varchar", "SHA-256 of the trust policy's text", required=True),
        Column("statement_index", "bigint", "Place of the statement, from 0"),
        Column("effect", "varchar", "Allow or Deny", values=("Allow", "Deny")),
        Column("principal_type", "varchar", "aws, service, federated, canonicaluser or any"),
        Column("principal", "varchar", "The principal as the statement has it"),
        Column("service", "varchar", "A service principal without its region and domain; null for others"),
        Column("principal_account_id", "varchar", "Account of an AWS principal, where it names one"),
        Column("actions", "varchar[]", "Actions of the statement"),
        Column("conditions", "json", "Conditions: operator, lower-case key, list of values"),
        Column("tags_sessions", "boolean", "Whether the statement lets sessions carry tags: it allows sts:TagSession"),
        Column("malformed_reason", "varchar", "Why the document could not be read"),
    ),
    key=("document_sha256", "statement_index", "principal_type", "principal"),
)
QUERIES = {
    "trusts": """
        select distinct trust_document_sha256 as document_sha256, trust_document as document
        from stg_roles
        where trust_document is not null
        order by trust_document_sha256"""
}
JUDGES: tuple[PolicyLayer, ...] = ()

ACCOUNT = re.compile(r"^(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::|$)")
EMPTY: Row = {column.name: None for column in TABLE.columns}


def rows(tables: Queried) -> Iterator[Row]:
    for trust in tables["trusts"]:
        key = {"document_sha256": trust["document_sha256"]}
        try:
            document = parse(trust["document"], "trust")
        except MalformedPolicy as error:
            yield EMPTY | key | {"malformed_reason": str(error)}
            continue
        for statement in document.statements:
            yield from (EMPTY | key | row for row in principals(statement))


def principals(statement: Statement) -> Iterator[Row]:
    """A row for each principal of a statement; NotPrincipal admits anybody else, so it is shown as any."""
    conditions: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for condition in statement.conditions:
        conditions[condition.name][condition.key.lower()] = list(condition.values)
    for kind, value in statement.principals or (("*", "*"),):
        anybody = value == "*" and kind in ("*", "AWS")
        account = ACCOUNT.match(value)
        yield {
            "statement_index": statement.index,
            "effect": statement.effect,
            "principal_type": "any" if anybody else kind.lower(),
            "principal": value,
            "service": service_of(value) if kind == "Service" else None,
            "principal_account_id": account[1] if account and kind == "AWS" else None,
            "actions": list(statement.actions or ()),
            "conditions": json.dumps(conditions, sort_keys=True),
            "tags_sessions": statement.effect == "Allow" and statement_covers_action(statement, "sts:TagSession"),
        }
