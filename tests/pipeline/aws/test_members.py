"""Members that botocore's models do not have."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest

from pipeline.aws.members import MOST_ANSWERS, UNLISTED, Watch, unlisted
from pipeline.aws.session import parts

SESSION = botocore.session.get_session()


def model(operation: str) -> Any:
    service, name = parts(operation)
    return SESSION.get_service_model(service).operation_model(name)


ROLE = "<member><RoleName>a</RoleName><Tags><member><Key>Owner</Key><Value>b</Value>{}</member></Tags>{}</member>"
ROLES = (
    '<ListRolesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListRolesResult><Roles>{}</Roles>{}'
    "</ListRolesResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></ListRolesResponse>"
)
INSTANCES = (
    '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>'
    "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>{}</item></instancesSet></item>"
    "</reservationSet></DescribeInstancesResponse>"
)
BUCKETS = "<ListAllMyBucketsResult><Buckets><Bucket><Name>a</Name>{}</Bucket></Buckets></ListAllMyBucketsResult>"


@pytest.mark.parametrize(
    ("operation", "body", "expected"),
    [
        ("iam:ListRoles", ROLES.format(ROLE.format("", ""), ""), []),
        (
            "iam:ListRoles",
            ROLES.format(ROLE.format("<New>s3cr3t</New>", "<Mode>x</Mode>"), "<More/>"),
            ["More", "Roles[].Mode", "Roles[].Tags[].New"],
        ),
        ("ec2:DescribeInstances", INSTANCES.format(""), []),
        (
            "ec2:DescribeInstances",
            INSTANCES.format("<leash>x</leash>"),
            ["Reservations[].Instances[].leash"],
        ),
        ("s3:ListBuckets", BUCKETS.format(""), []),
        ("s3:ListBuckets", BUCKETS.format("<Leash>x</Leash>"), ["Buckets[].Leash"]),
        ("organizations:ListAccounts", json.dumps({"Accounts": [{"Id": "1", "Paths": ["o/r"]}]}), []),
        (
            "organizations:ListAccounts",
            json.dumps({"Accounts": [{"Id": "1", "Leash": {"a": 1}}]}),
            ["Accounts[].Leash"],
        ),
        ("lambda:ListFunctions", json.dumps({"Functions": [{"Environment": {"Variables": {"MY_KEY": "x"}}}]}), []),
        ("s3:GetBucketPolicy", '{"Version": "2012-10-17"}', []),
    ],
)
def test_members_without_a_model_are_named_and_nothing_else(operation: str, body: str, expected: list[str]) -> None:
    assert sorted(unlisted(model(operation), body.encode())) == expected


def test_a_watch_adds_the_names_to_the_first_answers_of_an_operation() -> None:
    watch, operation = Watch(), model("organizations:ListAccounts")
    answers: list[dict[str, Any]] = []
    for _ in range(MOST_ANSWERS + 1):
        answers.append({})
        watch(operation, {"status_code": 200, "body": b'{"Leash": 1}'}, answers[-1])
    assert answers == [{UNLISTED: ["Leash"]}] * MOST_ANSWERS + [{}]


@pytest.mark.parametrize(
    "response", [{"status_code": 200, "body": b'{"Acc'}, {"status_code": 400, "body": b'{"a": 1}'}]
)
def test_what_is_no_whole_answer_is_left_to_the_parser(response: dict[str, Any]) -> None:
    answer: dict[str, Any] = {}
    Watch()(model("organizations:ListAccounts"), response, answer)
    assert answer == {}
