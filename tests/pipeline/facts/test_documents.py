"""What a document says on its own."""

from __future__ import annotations

import json

from pipeline.facts import documents
from pipeline.schema import Row
from tests.pipeline.facts.support import allow, deny, document


def rows(text: str) -> list[Row]:
    found = documents.rows({"documents": [{"content_sha256": "key", "document": text}]})
    return list(documents.TABLE.table(found).to_pylist())


def test_a_malformed_document_is_one_row() -> None:
    (row,) = rows("{}")
    assert (row["kind"], row["content_sha256"]) == ("malformed", "key")
    assert row["malformed_reason"].startswith("document")


def test_a_fact_comes_with_its_statement() -> None:
    found = {row["kind"]: row for row in rows(document(allow("ec2:Describe*"), allow("s3:*", Sid="Buckets")))}
    row = found["service_wildcard"]
    assert (row["statement_index"], row["sid"], row["detail"], row["malformed_reason"]) == (1, "Buckets", "s3", None)
    (statement,) = json.loads(row["statements"])
    assert (statement["statement"], statement["sid"], statement["text"]["Action"]) == (1, "Buckets", ["s3:*"])


def test_a_statement_without_a_sid_is_named_by_its_place() -> None:
    (row,) = [row for row in rows(document(allow("ec2:Describe*"), allow("s3:*"))) if row["kind"] == "service_wildcard"]
    assert (json.loads(row["statements"])[0]["statement"], json.loads(row["statements"])[0]["sid"]) == (1, "")


def test_an_administrator_by_several_statements_cites_those() -> None:
    found = [row for row in rows(document(allow("*"), deny("s3:*"))) if row["statement_index"] is None]
    for row in found:
        assert [one["text"]["Effect"] for one in json.loads(row["statements"])] == ["Allow"]


def test_a_condition_that_does_not_work_is_a_flaw() -> None:
    typo = {"StringEquals": {"aws:PrincipalOrgId": "o-*"}}
    flaws = [row for row in rows(document(allow("s3:GetObject", Condition=typo))) if row["kind"] == "flaw"]
    assert {(row["operator"], row["condition_key"]) for row in flaws} == {("StringEquals", "aws:PrincipalOrgId")}
    assert all(row["flaw"] and row["detail"] and row["weakens"] is not None for row in flaws)
    assert json.loads(flaws[0]["statements"])[0]["text"]["Condition"]
