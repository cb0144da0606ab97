"""What the parser takes, what it refuses, and what the hash ignores."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from pipeline.policy import MalformedPolicy, Policy, parse
from tests.pipeline.policy.support import ADMIN, allow, document, statement

ONE = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize(
    "source",
    [
        {"Version": "2012-10-17", "Statement": ONE},
        {"Statement": [ONE], "Version": "2012-10-17", "Id": ""},
        {"Version": "2012-10-17", "Statement": [{**ONE, "Action": ["s3:GetObject"], "Resource": ["*"]}]},
        json.dumps({"Version": "2012-10-17", "Statement": [ONE]}, indent=3),
        json.dumps({"Version": "2012-10-17", "Statement": [ONE]}).encode(),
        quote(json.dumps({"Version": "2012-10-17", "Statement": [ONE]}), safe=""),
        quote(quote(json.dumps({"Version": "2012-10-17", "Statement": [ONE]}), safe=""), safe=""),
        "\ufeff" + json.dumps({"Version": "2012-10-17", "Statement": [ONE]}).replace("Allow", "\\u0041llow"),
    ],
)
def test_one_content_is_one_document(source: Any) -> None:
    assert parse(source) is parse({"Version": "2012-10-17", "Statement": [ONE]})
    assert parse(source).hash == parse({"Version": "2012-10-17", "Statement": [ONE]}).hash


def test_the_version_and_the_order_of_statements_count() -> None:
    other = {**ONE, "Action": "s3:PutObject"}
    assert parse({"Statement": ONE}).hash != parse({"Version": "2012-10-17", "Statement": ONE}).hash
    assert parse(document(ONE, other)).hash != parse(document(other, ONE)).hash


def test_statements_keep_what_the_document_says() -> None:
    source = document(
        {
            "Sid": "a",
            "Effect": "Deny",
            "NotAction": "iam:*",
            "NotResource": ["arn:aws-cn:s3:::b", "arn:aws-us-gov:s3:::c"],
        },
        statement(
            "Allow",
            "s3:*",
            Sid="",
            Condition={"ForAnyValue:stringLikeIfExists": {"aws:TagKeys": ["ü*", "b"]}, "Bool": {"x:y": True}},
        ),
    )
    first, second = parse(source).statements
    assert (first.sid, first.actions, first.not_actions, first.resources) == ("a", None, ("iam:*",), None)
    assert first.not_resources == ("arn:aws-cn:s3:::b", "arn:aws-us-gov:s3:::c")
    boolean, like = second.conditions
    assert (boolean.operator, boolean.values) == ("Bool", ("true",))
    assert (like.operator, like.qualifier, like.if_exists, like.name) == (
        "StringLike",
        "ForAnyValue",
        True,
        "ForAnyValue:StringLikeIfExists",
    )
    assert like.values == ("ü*", "b")
    assert json.loads(second.text)["Condition"]["Bool"] == {"x:y": ["true"]}


def test_principals() -> None:
    def principals(value: Any) -> Any:
        return (
            parse({"Statement": {"Effect": "Allow", "Principal": value, "Action": "sts:AssumeRole"}}, "trust")
            .statements[0]
            .principals
        )

    assert principals("*") == (("*", "*"),)
    assert principals({"AWS": ["1", "*"], "Service": "x.amazonaws.com"}) == (
        ("AWS", "1"),
        ("AWS", "*"),
        ("Service", "x.amazonaws.com"),
    )
    assert principals({}) == ()


def test_a_repeated_sid_is_remarked() -> None:
    twice = document(
        statement("Allow", "s3:*", Sid="x"), statement("Allow", "ec2:*", Sid="x"), statement("Allow", "sqs:*")
    )
    assert parse(twice).remarks == ("Sid x is used more than once",)
    assert parse(document(statement("Allow", "s3:*"), statement("Allow", "ec2:*"))).remarks == ()


@pytest.mark.parametrize(
    ("source", "kind", "element"),
    [
        ("not json", "any", "document"),
        ("[1]", "any", "document"),
        ([], "any", "document"),
        (b"\xff", "any", "document"),
        ("[" * 100_000, "any", "document"),
        ('{"Statement": NaN}', "any", "document"),
        ({}, "any", "Statement"),
        ({"Statement": []}, "any", "Statement"),
        ({"Statement": ["x"]}, "any", "Statement"),
        ({"Statement": ONE, "Version": "2020-01-01"}, "any", "Version"),
        ({"Statement": ONE, "Comment": "x"}, "any", "Comment"),
        ({"Statement": {**ONE, "Effect": "allow"}}, "any", "Effect"),
        ({"Statement": {**ONE, "Sid": 1}}, "any", "Sid"),
        ({"Statement": {**ONE, "Actions": "x"}}, "any", "Actions"),
        ({"Statement": {"Effect": "Allow", "Resource": "*"}}, "any", "Action"),
        ({"Statement": {**ONE, "Action": []}}, "any", "Action"),
        ({"Statement": {**ONE, "Action": [1]}}, "any", "Action"),
        ({"Statement": {**ONE, "NotAction": "x:*"}}, "any", "Action"),
        ({"Statement": {**ONE, "Resource": None}}, "any", "Resource"),
        ({"Statement": {**ONE, "NotResource": "*"}}, "any", "Resource"),
        ({"Statement": {**ONE, "NotResource": "*"}}, "identity", "Resource"),
        ({"Statement": {"Effect": "Deny", "Action": "*"}}, "identity", "Resource"),
        ({"Statement": {**ONE, "Principal": "*"}}, "identity", "Principal"),
        ({"Statement": {**ONE, "Principal": "*"}}, "scp", "Principal"),
        ({"Statement": {**ONE, "Principal": "*"}}, "trust", "Resource"),
        ({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}}, "trust", "Principal"),
        ({"Statement": {**ONE, "Effect": "Deny", "NotPrincipal": {"AWS": "*"}}}, "rcp", "NotPrincipal"),
        ({"Statement": {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}}, "rcp", "NotAction"),
        ({"Statement": {"Effect": "Allow", "Principal": "*", "Action": ["sts:*", "s3:*"]}}, "trust", "Action"),
        ({"Statement": {**ONE, "Action": "GetObject"}}, "identity", "Action"),
        ({"Statement": {**ONE, "Action": ["s3:*", ":GetObject"]}}, "scp", "Action"),
        ({"Statement": {"Effect": "Allow", "NotAction": "iam", "Resource": "*"}}, "identity", "NotAction"),
        ({"Statement": {**ONE, "Resource": "vault/*"}}, "identity", "Resource"),
        ({"Statement": {**ONE, "Resource": ["*", ""]}}, "scp", "Resource"),
        ({"Statement": {"Effect": "Deny", "Action": "*", "NotResource": "vault"}}, "scp", "NotResource"),
        ({"Statement": {**ONE, "Sid": "two words"}}, "identity", "Sid"),
        ({"Statement": {**ONE, "Principal": {"Aws": "*"}}}, "resource", "Principal.Aws"),
        ({"Statement": {**ONE, "Principal": "arn:aws:iam::1:root"}}, "resource", "Principal"),
        ({"Statement": {**ONE, "Principal": "*", "NotPrincipal": "*"}}, "resource", "Principal"),
        ({"Statement": {**ONE, "Condition": []}}, "any", "Condition"),
        ({"Statement": {**ONE, "Condition": {"Bool": "x"}}}, "any", "Condition.Bool"),
        ({"Statement": {**ONE, "Condition": {"Bool": {"k": [None]}}}}, "any", "Condition.Bool.k"),
        ('{"Statement": {"Effect": "Allow", "Effect": "Deny", "Action": "*", "Resource": "*"}}', "any", "Effect"),
    ],
)
def test_malformed(source: Any, kind: Any, element: str) -> None:
    with pytest.raises(MalformedPolicy) as caught:
        parse(source, kind)
    assert caught.value.element == element
    assert "expected" in str(caught.value)
    read = Policy.read("p", source, kind)
    assert read.document is None
    assert read.problem == str(caught.value)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ({"Statement": {**ONE, "Sid": "two words", "Principal": "*"}}, "resource"),
        (
            {"Statement": {**ONE, "Action": ["*", "s3:*", "*:*"], "Resource": ["arn:*", "arn:aws:s3:::*"]}},
            "identity",
        ),
        ({"Statement": {"Effect": "Allow", "Principal": "*", "Action": ["sts:Assume*", "sts:TagSession"]}}, "trust"),
        ({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}}, "trust"),
        ({"Statement": {**ONE, "Effect": "Deny", "NotPrincipal": {"AWS": "*"}}}, "resource"),
        ({"Statement": {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::b"}}, "scp"),
    ],
)
def test_what_aws_stores_is_read(source: Any, kind: Any) -> None:
    assert Policy.read("p", source, kind).problem == ""


def test_the_statement_at_fault_is_named() -> None:
    with pytest.raises(MalformedPolicy, match="statement 1, Effect: expected Allow or Deny"):
        parse(document(ONE, {**ONE, "Effect": "ALLOW"}))


def test_variables_are_literal_in_the_old_version() -> None:
    assert parse(allow("s3:*")).statements[0].variables
    assert not parse({**ADMIN, "Version": "2008-10-17"}).statements[0].variables
    assert not parse({"Statement": ONE}).statements[0].variables
