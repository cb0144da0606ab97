"""Names that no list has."""

from __future__ import annotations

from typing import Any

from pipeline.facts import knowledge_gaps
from tests.pipeline.facts.support import allow, document

ACCOUNTS = ["111111111111", "222222222222"]


def gaps(**found: Any) -> dict[tuple[str, str], tuple[int, list[str]]]:
    every = {name: found.get(name, []) for name in knowledge_gaps.QUERIES}
    rows = knowledge_gaps.TABLE.table(list(knowledge_gaps.rows(every))).to_pylist()
    return {(row["kind"], row["name"]): (row["times"], row["accounts"]) for row in rows}


def documents(*texts: str) -> list[dict[str, Any]]:
    return [{"kind": "identity", "document": text, "accounts": [ACCOUNTS[n % 2]]} for n, text in enumerate(texts)]


def test_an_unknown_action_and_key_are_counted_by_document() -> None:
    new = document(
        allow("s3:GetObject"),
        allow(["newservice:Do", "s3:Gett*"], Condition={"Bool": {"aws:NewKey": "true", "tokens.example.com:sub": "a"}}),
    )
    assert gaps(documents=documents(new, new)) == {
        ("action", "newservice:Do"): (2, ACCOUNTS),
        ("action", "s3:Gett*"): (2, ACCOUNTS),
        ("condition key", "aws:NewKey"): (2, ACCOUNTS),
        ("issuer", "tokens.example.com"): (2, ACCOUNTS),
    }


def test_what_the_lists_have_is_no_gap() -> None:
    keys = {"StringEquals": {"aws:RequestTag/team": "a", "s3:prefix": "b", "aws:PrincipalOrgID": "o"}}
    keys["StringLike"] = {"token.actions.githubusercontent.com:sub": "repo:acme/*"}
    assert gaps(documents=documents(document(allow(["s3:List*", "*", "iam:*"], Condition=keys)), "{}")) == {}
    trusts = [
        {"service": "lambda", "issuer": None, "accounts": ACCOUNTS},
        {"service": "pods.eks", "issuer": None, "accounts": ACCOUNTS},
        {"service": None, "issuer": "token.actions.githubusercontent.com", "accounts": ACCOUNTS},
        {"service": None, "issuer": "oidc.eks.eu-west-1.amazonaws.com/id/A", "accounts": ACCOUNTS},
    ]
    assert gaps(trusts=trusts) == {}


def test_unknown_services_issuers_and_managed_policies() -> None:
    trusts = [
        {"service": "brand-new", "issuer": None, "accounts": ACCOUNTS},
        {"service": None, "issuer": "tokens.example.com", "accounts": ACCOUNTS[:1]},
        {"service": None, "issuer": None, "principal": "arn:aws-new:iam::111111111111:root", "accounts": ACCOUNTS},
        {"service": None, "issuer": None, "principal": "arn:aws-eusc:iam::111111111111:root", "accounts": ACCOUNTS},
        {"service": None, "issuer": None, "principal": "111111111111", "accounts": ACCOUNTS},
    ]
    policy = "arn:aws:iam::aws:policy/NewPolicy"
    assert gaps(trusts=trusts, attachments=[{"policy_arn": policy, "accounts": ACCOUNTS}]) == {
        ("service principal", "brand-new"): (1, ACCOUNTS),
        ("issuer", "tokens.example.com"): (1, ACCOUNTS[:1]),
        ("managed policy", policy): (1, ACCOUNTS),
        ("partition", "aws-new"): (1, ACCOUNTS),
    }
