"""Answers that are not whole, or not what was asked for, of every operation that is asked."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.parsers import ResponseParserError, create_parser

from pipeline import collectors, knowledge
from pipeline.aws.answers import always, guard
from pipeline.aws.failures import CutAnswer, NoAwsAnswer, codes
from pipeline.aws.session import parts

SESSION = botocore.session.get_session()
OPERATIONS = sorted(
    {o for dataset in collectors.datasets().values() for o in dataset.operations}
    | {"sts:AssumeRole", "sts:GetCallerIdentity", "s3:ListObjectsV2", "s3:GetBucketPolicyStatus", "s3:GetBucketAcl"}
)
OTHER = b'<ListQueuesResponse xmlns="http://queue.amazonaws.com/doc/"><ListQueuesResult/></ListQueuesResponse>'
HTML = b"<html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>"


def model(operation: str) -> Any:
    service, name = parts(operation)
    return SESSION.get_service_model(service).operation_model(name)


def response(body: bytes, length: int | None = None, status: int = 200, **headers: str) -> dict[str, Any]:
    length = len(body) if length is None else length
    return {"body": body, "headers": {"content-length": str(length), **headers}, "status_code": status}


def of_protocol(*words: str) -> list[str]:
    return [o for o in OPERATIONS if any(word in model(o).service_model.resolved_protocol for word in words)]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_success_that_is_not_the_service_s_answer_is_cut(operation: str) -> None:
    for body in (HTML, OTHER, b"null", b"[]", b'"ok"', b"\xff\xfe\x00", b'{"a": ', b"<?xml"):
        with pytest.raises(CutAnswer):
            guard(model(operation), response(body))


@pytest.mark.parametrize("operation", of_protocol("json"))
def test_an_object_is_an_answer_of_a_json_service(operation: str) -> None:
    guard(model(operation), response(b'{"Accounts": []}'))
    guard(model(operation), response(b""))


@pytest.mark.parametrize("operation", of_protocol("query"))
def test_an_answer_of_a_query_service_is_wrapped_twice(operation: str) -> None:
    name = operation.split(":")[1]
    root = f'<{name}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
    whole = f"<?xml version='1.0'?>\n<!-- a -->{root}<{name}Result><A/></{name}Result></{name}Response>"
    guard(model(operation), response(whole.encode()))
    with pytest.raises(CutAnswer, match=f"has no {name}Result"):
        guard(model(operation), response(f"{root}<ResponseMetadata/></{name}Response>".encode()))


def test_answers_of_ec2_and_s3_are_known_by_their_first_element() -> None:
    guard(model("ec2:DescribeInstances"), response(b"<DescribeInstancesResponse><reservationSet/></...>"))
    guard(model("s3:ListBuckets"), response(b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"))
    guard(model("s3:GetBucketPolicy"), response(b'{"Version": "2012-10-17"}'))


@pytest.mark.parametrize(
    ("operation", "found"),
    [
        ("organizations:ListAccounts", response(b'{"Accounts": [{"Id": "1', 1000)),
        ("organizations:ListAccounts", response(b'{"__type": "Throt', 400, 400)),
        ("iam:ListRoles", response(b"<ListRolesResponse>", 800)),
    ],
)
def test_an_answer_that_is_shorter_than_announced_is_cut(operation: str, found: dict[str, Any]) -> None:
    with pytest.raises(CutAnswer, match="bytes came"):
        guard(model(operation), found)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_error_that_no_service_words_so_is_none_of_aws(operation: str) -> None:
    for status, body in ((403, HTML), (404, HTML), (429, b""), (501, b"x"), (301, HTML), (502, b"")):
        with pytest.raises(NoAwsAnswer, match=str(status)) as caught:
            guard(model(operation), response(body, status=status))
        assert caught.value.status == status


ERRORS = {
    "json": b'{"__type": "ThrottlingException", "message": "Rate exceeded"}',
    "query": b"<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>",
    "ec2": b"<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message/></Error></Errors></Response>",
    "rest-xml": b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_errors_of_the_service_are_its_own(operation: str) -> None:
    protocol = model(operation).service_model.resolved_protocol
    body = ERRORS["json" if "json" in protocol else protocol]
    guard(model(operation), response(body, status=400))
    guard(model(operation), response(b"", status=400, **{"x-amzn-errortype": "ThrottlingException"}))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_an_answer_always_has_is_in_the_service_s_model(operation: str) -> None:
    shape = model(operation).output_shape
    listed = always(operation)
    assert all(name in shape.members for names in listed for name in names)
    lists = [name for name, member in shape.members.items() if member.type_name == "list"]
    is_paged = operation.split(":")[1].startswith(("List", "Describe", "Get", "Validate")) and lists
    assert listed or is_paged or operation.startswith("s3:"), "neither a list to ask for, nor a member"


def test_every_code_belongs_to_one_class() -> None:
    listed = knowledge.load("aws_errors").facts["codes"]
    assert len(codes()) == sum(len(names) for names in listed.values())


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_error_that_aws_means_to_be_repeated_is(operation: str) -> None:
    """By botocore's own marks, by the HTTP status, and by the words with which AWS names what passes."""
    from pipeline.aws.failures import TRANSIENT

    words = ("Throttl", "TooMany", "InProgress", "LimitExceeded", "ServiceUnavailable", "InternalServer", "NotPresent")
    for shape in model(operation).error_shapes:
        error = shape.metadata.get("error", {})
        code = error.get("code", shape.name)
        is_server = error.get("httpStatusCode", 0) >= 500
        if shape.metadata.get("retryable") or is_server or any(word in code for word in words):
            assert codes().get(code) in TRANSIENT, code


def test_the_guard_keeps_what_the_parser_would_take_for_an_empty_success() -> None:
    """The trap that it is for must be there: botocore reads these as answers."""
    shape = model("organizations:ListAccounts").output_shape
    parsed = create_parser("json").parse({"body": b"{}", "headers": {}, "status_code": 200, "context": {}}, shape)
    assert "Accounts" not in parsed
    with pytest.raises((AttributeError, TypeError, ResponseParserError)):
        create_parser("json").parse({"body": b"[]", "headers": {}, "status_code": 200, "context": {}}, shape)
