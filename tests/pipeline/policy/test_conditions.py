"""Each operator: a value that holds, one that does not, the key missing, the key unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.policy import Context, Tri, parse
from pipeline.policy.conditions import condition_holds, conditions_hold
from pipeline.policy.context import ALWAYS_SIGNED
from tests.pipeline.policy.support import allow

YES, NO, DEPENDS = Tri.YES, Tri.NO, Tri.DEPENDS


def holds(operator: str, values: Any, context: Context, key: str = "k:v") -> Tri:
    return conditions_hold(parse(allow("s3:x", Condition={operator: {key: values}})).statements[0], context)


def given(value: Any) -> Context:
    return Context.of({"K:V": value})


@pytest.mark.parametrize(
    ("operator", "expected", "good", "bad"),
    [
        ("StringEquals", "ab*", "ab*", "abc"),
        ("StringNotEquals", "a", "A", "a"),
        ("StringEqualsIgnoreCase", "ab", "AB", "abc"),
        ("StringNotEqualsIgnoreCase", "ab", "abc", "AB"),
        ("StringLike", "a?c*", "abcd", "acd"),
        ("StringNotLike", "a*", "ba", "ab"),
        ("NumericEquals", "10", "10.0", "11"),
        ("NumericNotEquals", "10", "11", "1e1"),
        ("NumericLessThan", "10", "9.9", "10"),
        ("NumericLessThanEquals", "10", "10", "10.1"),
        ("NumericGreaterThan", "10", "11", "x"),
        ("NumericGreaterThanEquals", 10, "10", "9"),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "1767225600"),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
        ("DateLessThanEquals", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
        ("DateGreaterThan", "2026", "2026-06-01", "2025-06-01"),
        ("DateGreaterThanEquals", "1767225600", "2026-01-01T00:00:00Z", "nonsense"),
        ("Bool", "TRUE", "true", "false"),
        ("Bool", True, "true", "false"),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", "QmluYXJ6"),
        ("IpAddress", "203.0.113.0/24", "203.0.113.9", "203.0.114.9"),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", "203.0.113.9"),
        ("IpAddress", "0.0.0.0/0", "198.51.100.9", "not an address"),
        ("NotIpAddress", ["10.0.0.0/8", "192.0.2.7"], "203.0.113.9", "192.0.2.7"),
        ("ArnEquals", "arn:aws:sns:*:1:*", "arn:aws:sns:eu-west-1:1:t:u", "arn:aws:sqs:eu-west-1:1:t"),
        ("ArnLike", "arn:*:iam::*:root", "arn:aws-cn:iam::1:root", "arn:aws:iam::1:user/root"),
        ("ArnNotLike", "arn:aws:iam::*:role/*", "arn:aws:iam::1:user/x", "arn:aws:iam::1:role/x"),
        ("ArnNotEquals", "arn:aws:iam::1:role/x", "arn:aws:iam::1:role/y", "arn:aws:iam::1:role/x"),
    ],
)
def test_operators(operator: str, expected: Any, good: str, bad: str) -> None:
    negated = "Not" in operator
    assert holds(operator, expected, given(good)) is YES
    assert holds(operator, expected, given(bad)) is NO
    assert holds(operator, expected, Context.of({})) is (YES if negated else NO)
    assert holds(f"{operator}IfExists", expected, Context.of({})) is YES
    assert holds(f"{operator}IfExists", expected, given(bad)) is NO
    assert holds(operator, expected, Context.of({}, complete=False)) is DEPENDS
    assert holds(operator.lower(), expected, given(good)) is YES


def test_an_arn_star_stays_in_its_field() -> None:
    assert holds("ArnLike", "arn:aws:*:role/x", given("arn:aws:iam::1:role/x")) is NO
    assert holds("StringLike", "arn:aws:*:role/x", given("arn:aws:iam::1:role/x")) is YES


def test_values_are_or_keys_are_and_negation_is_none_of() -> None:
    both = {"StringEquals": {"a:b": ["1", "2"], "c:d": "3"}}
    statement = parse(allow("s3:x", Condition=both)).statements[0]
    assert conditions_hold(statement, Context.of({"a:b": "2", "c:d": "3"})) is YES
    assert conditions_hold(statement, Context.of({"a:b": "2", "c:d": "4"})) is NO
    assert conditions_hold(statement, Context.of({"a:b": "3"}, complete=False)) is NO
    assert conditions_hold(statement, Context.of({"a:b": "2"}, complete=False)) is DEPENDS
    assert holds("StringNotEquals", ["1", "2"], given("2")) is NO


@pytest.mark.parametrize(
    ("operator", "request_values", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], YES),
        ("ForAllValues:StringEquals", ["a", "c"], NO),
        ("ForAllValues:StringEquals", [], YES),
        ("ForAllValues:StringEquals", None, YES),
        ("ForAnyValue:StringEquals", ["c", "b"], YES),
        ("ForAnyValue:StringEquals", ["c"], NO),
        ("ForAnyValue:StringEquals", [], NO),
        ("ForAnyValue:StringEquals", None, NO),
        ("ForAnyValue:StringNotEquals", ["a", "c"], YES),
        ("ForAnyValue:StringNotEquals", ["a", "b"], NO),
        ("ForAnyValue:StringNotEquals", None, NO),
        ("ForAllValues:StringNotEquals", ["c", "d"], YES),
        ("ForAllValues:StringNotEquals", ["a", "d"], NO),
        ("ForAllValues:StringNotEquals", None, YES),
        # A user tried it at AWS: https://repost.aws/questions/QU9HFmDzP0QGuU-fd7rS6B7w
        ("ForAnyValue:StringLikeIfExists", None, NO),
        ("ForAnyValue:StringNotLikeIfExists", None, NO),
        ("ForAllValues:StringLikeIfExists", None, YES),
        ("foranyvalue:stringlike", ["b"], YES),
    ],
)
def test_set_operators(operator: str, request_values: Any, expected: Tri) -> None:
    context = Context.of({}) if request_values is None else given(request_values)
    assert holds(operator, ["a", "b"], context) is expected


@pytest.mark.parametrize(
    ("value", "context", "expected"),
    [
        ("true", Context.of({}), YES),
        ("true", given("x"), NO),
        (True, given([]), YES),
        ("false", given("x"), YES),
        ("false", Context.of({}), NO),
        ("true", Context.of({}, complete=False), DEPENDS),
    ],
)
def test_null(value: Any, context: Context, expected: Tri) -> None:
    assert holds("Null", value, context) is expected


def test_what_no_request_can_change() -> None:
    unknown = Context.of({}, complete=False)
    assert holds("StringLikeIfExists", "*", unknown) is YES
    assert holds("StringLike", "*", unknown) is DEPENDS
    assert holds("Bool", ["true", "false"], unknown, "aws:SecureTransport") is YES
    assert holds("StringEquals", "x", unknown, "aws:UserAgent") is DEPENDS
    assert holds("Null", "false", unknown, "aws:CurrentTime") is YES


def test_time_moves_forward() -> None:
    tonight = Context.of({}, complete=False, not_before=datetime(2026, 11, 24, tzinfo=UTC))
    assert holds("DateLessThan", "2020-01-01T00:00:00Z", tonight, "aws:CurrentTime") is NO
    assert holds("DateLessThan", "2020-01-01T00:00:00Z", tonight, "aws:TokenIssueTime") is NO
    assert holds("DateGreaterThan", "2020-01-01T00:00:00Z", tonight, "aws:CurrentTime") is YES
    assert holds("DateGreaterThan", "2020-01-01T00:00:00Z", tonight, "aws:TokenIssueTime") is DEPENDS
    assert holds("NumericLessThan", "1577836800", tonight, "aws:EpochTime") is NO
    assert holds("DateLessThan", "2030-01-01T00:00:00Z", tonight, "aws:CurrentTime") is DEPENDS


@pytest.mark.parametrize(
    "operator", ["Bad", "StringMatches", "NullIfExists", "ForAllValues:Null", "ForSomeValues:StringEquals"]
)
def test_an_operator_nobody_knows_decides_nothing(operator: str) -> None:
    assert holds(operator, "true", given("true")) is DEPENDS


@pytest.mark.parametrize(
    ("value", "context", "expected"),
    [
        ("${aws:username}", {"k:v": "anna", "aws:username": "anna"}, YES),
        ("${AWS:UserName}", {"k:v": "anna", "aws:username": "bert"}, NO),
        ("${aws:username, 'nobody'}", {"k:v": "nobody"}, YES),
        ("${aws:username}", {"k:v": "anna"}, NO),
        ("${*}x", {"k:v": "*x"}, YES),
        ("${*}x", {"k:v": "ax"}, NO),
        ("${$}{x}", {"k:v": "${x}"}, YES),
        ("a${?}", {"k:v": "a?"}, YES),
        ("${aws:username}", {"k:v": "a", "aws:username": "*"}, NO),
    ],
)
@pytest.mark.parametrize("operator", ["StringEquals", "StringLike"])
def test_variables(operator: str, value: str, context: dict[str, str], expected: Tri) -> None:
    assert holds(operator, value, Context.of(context)) is expected
    literal = parse(
        {
            "Version": "2008-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "s3:x",
                "Resource": "*",
                "Condition": {"StringEquals": {"k:v": value}},
            },
        }
    )
    (condition,) = literal.statements[0].conditions
    assert condition_holds(condition, Context.of({"k:v": value}), literal.statements[0].variables) is YES


@pytest.mark.parametrize(
    ("key", "signed", "expected"),
    [
        ("aws:ViaAWSService", False, YES),
        ("aws:PrincipalIsAWSService", True, YES),
        ("aws:PrincipalIsAWSService", False, DEPENDS),
        ("aws:SourceVpc", True, DEPENDS),
    ],
)
def test_keys_that_aws_always_sends(key: str, signed: bool, expected: Tri) -> None:
    (condition,) = parse(allow("s3:GetObject", Condition={"Null": {key: "false"}})).statements[0].conditions
    context = replace(Context.of({}, complete=False), present=ALWAYS_SIGNED if signed else frozenset())
    assert condition_holds(condition, context) is expected
