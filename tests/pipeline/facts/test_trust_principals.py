"""The principals that a trust policy speaks of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.facts import trust_principals
from pipeline.schema import Row
from tests.pipeline.facts.support import ONE, document


def rows(*statements: dict[str, Any]) -> list[Row]:
    text = document(*({"Action": "sts:AssumeRole"} | statement for statement in statements))
    found = trust_principals.rows({"trusts": [{"document_sha256": "key", "document": text}]})
    return list(trust_principals.TABLE.table(found).to_pylist())


@pytest.mark.parametrize(
    ("principal", "kind", "account"),
    [
        ("*", "any", None),
        ({"AWS": "*"}, "any", None),
        ({"AWS": ONE}, "aws", ONE),
        ({"AWS": f"arn:aws:iam::{ONE}:role/app"}, "aws", ONE),
        ({"AWS": f"arn:aws-cn:sts::{ONE}:assumed-role/app/x"}, "aws", ONE),
        ({"AWS": "AROAEXAMPLE"}, "aws", None),
        ({"Service": "ec2.amazonaws.com"}, "service", None),
        ({"Federated": f"arn:aws:iam::{ONE}:saml-provider/idp"}, "federated", None),
    ],
)
def test_kind_and_account_of_a_principal(principal: Any, kind: str, account: str | None) -> None:
    (row,) = rows({"Effect": "Allow", "Principal": principal})
    assert (row["principal_type"], row["principal_account_id"], row["effect"]) == (kind, account, "Allow")
    assert (row["document_sha256"], row["statement_index"], row["malformed_reason"]) == ("key", 0, None)


def test_all_but_some_reads_as_any() -> None:
    (row,) = rows({"Effect": "Deny", "NotPrincipal": {"AWS": ONE}})
    assert (row["principal_type"], row["principal"], row["effect"]) == ("any", "*", "Deny")


def test_conditions_are_kept_by_operator_and_lower_case_key() -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}
    first, second = rows(
        {"Effect": "Allow", "Principal": {"AWS": ONE}, "Condition": condition},
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}},
    )
    assert json.loads(first["conditions"]) == {
        "Bool": {"aws:multifactorauthpresent": ["true"]},
        "StringEquals": {"aws:principalorgid": ["o-1"]},
    }
    assert (first["actions"], second["statement_index"], second["conditions"]) == (["sts:AssumeRole"], 1, "{}")


def test_a_malformed_document_is_one_row_with_the_reason() -> None:
    (row,) = trust_principals.rows({"trusts": [{"document_sha256": "key", "document": "{"}]})
    assert row["malformed_reason"] == "document, document: expected JSON text"
    assert (row["document_sha256"], row["principal"]) == ("key", None)


def test_sessions_take_tags_where_a_statement_allows_it() -> None:
    names = ("sts:AssumeRole", ["sts:AssumeRole", "sts:TagSession"], "sts:*")
    allowed = rows(*({"Effect": "Allow", "Principal": {"AWS": ONE}, "Action": one} for one in names))
    assert [row["tags_sessions"] for row in allowed] == [False, True, True]
    (denied,) = rows({"Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"})
    assert denied["tags_sessions"] is False
