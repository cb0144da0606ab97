"""What each permissions boundary allows the principals that have it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._evidence import dumped
from pipeline.policy import Document, MalformedPolicy, boundary_facts, parse
from pipeline.schema import ACCOUNT_ID, Column, Dataset, Row

TABLE = Dataset(
    "fact_boundaries",
    "What each policy that is used as a permissions boundary leaves open to the principals that bear it.",
    "account",
    (),
    (
        Column("account_id", "varchar", "Account", required=True, pattern=ACCOUNT_ID),
        Column("arn", "varchar", "The policy", required=True),
        Column("allows_everything", "boolean", "Whether it leaves everything open, without condition"),
        Column("allows_iam", "boolean", "Whether it leaves all of IAM open, without condition"),
        Column("protects_itself", "boolean", "Whether principals with it can neither edit it nor remove boundaries"),
        Column("statements", "json", "Its statements"),
        Column("malformed_reason", "varchar", "Why the document could not be read"),
    ),
    key=("account_id", "arn"),
)
QUERIES = {
    "boundaries": """
        select policies.account_id, policies.arn, policies.document
        from stg_policies as policies
        semi join (
            select account_id, permissions_boundary_arn as arn from stg_users
            union
            select account_id, permissions_boundary_arn from stg_roles
            union
            select account_id, arn from stg_policies where permissions_boundary_usage_count > 0
        ) as boundaries on policies.account_id = boundaries.account_id and policies.arn = boundaries.arn
        order by policies.account_id, policies.arn"""
}
JUDGES: tuple[PolicyLayer, ...] = ("identity",)

EMPTY: Row = {column.name: None for column in TABLE.columns}


def rows(tables: Queried) -> Iterator[Row]:
    for policy in tables["boundaries"]:
        row = EMPTY | {"account_id": policy["account_id"], "arn": policy["arn"]}
        try:
            document = parse(policy["document"] or "", "identity")
        except MalformedPolicy as error:
            yield row | {"malformed_reason": str(error)}
            continue
        facts = boundary_facts(document, policy["arn"])
        yield row | {
            "allows_everything": facts.allows_everything,
            "allows_iam": facts.allows_iam,
            "protects_itself": facts.protects_itself,
            "statements": dumped(statements(document)),
        }


def statements(document: Document) -> list[dict[str, object]]:
    return [
        {"statement": statement.sid or statement.index, "text": json.loads(statement.text)}
        for statement in document.statements
    ]
