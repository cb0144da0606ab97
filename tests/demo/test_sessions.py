"""Who may call: AssumeRole judged by trust, and credentials known, unknown or expired."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from demo.emulator.caller import Caller

NOBODY = {"aws_access_key_id": "AKIANOBODY", "aws_secret_access_key": "x"}


def test_the_runner_is_a_session_in_the_management_account(aws):
    answer = aws.client("sts").get_caller_identity()
    management = aws.id("group-management")
    assert answer["Account"] == management
    assert answer["Arn"] == f"arn:aws:sts::{management}:assumed-role/RolecallRunner/night"


def test_a_reader_session_carries_its_account(aws):
    answer = aws.client("sts", "log-archive").get_caller_identity()
    assert answer["Arn"] == f"arn:aws:sts::{aws.id('log-archive')}:assumed-role/RolecallReader/rolecall"


@pytest.mark.parametrize(
    ("account", "role", "external_id"),
    [
        ("log-archive", "RolecallReader", "wrong"),
        ("log-archive", "RolecallReader", None),
        ("log-archive", "NoSuchRole", "rolecall-4f1c9d7e"),
        ("marketing-campaigns", "RolecallReader", "rolecall-4f1c9d7e"),
        ("retail-promo-2023", "RolecallReader", "rolecall-4f1c9d7e"),
        ("payments-pilot", "RolecallReader", "rolecall-4f1c9d7e"),
    ],
)
def test_assume_role_is_denied_in_awss_words(aws, account, role, external_id):
    arn = f"arn:aws:iam::{aws.id(account)}:role/{role}"
    more = {"ExternalId": external_id} if external_id else {}
    with pytest.raises(ClientError) as caught:
        aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="rolecall", **more)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDenied"
    assert error["Message"] == (
        f"User: arn:aws:sts::{aws.id('group-management')}:assumed-role/RolecallRunner/night"
        f" is not authorized to perform: sts:AssumeRole on resource: {arn}"
    )


def test_a_member_cannot_reach_another_member(aws):
    arn = f"arn:aws:iam::{aws.id('forensics')}:role/RolecallReader"
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("sts", "log-archive").assume_role(
            RoleArn=arn, RoleSessionName="rolecall", ExternalId=aws.ready["external_id"]
        )


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "list_users", "InvalidClientTokenId"),
        ("organizations", "list_accounts", "UnrecognizedClientException"),
        ("accessanalyzer", "list_analyzers", "UnrecognizedClientException"),
    ],
)
def test_an_unknown_key_is_refused_in_the_services_words(aws, service, operation, code):
    with pytest.raises(ClientError) as caught:
        getattr(aws.client(service, **NOBODY), operation)()
    assert caught.value.response["Error"]["Code"] == code


def test_the_wrong_token_is_refused(aws):
    keys = aws.runner | {"aws_session_token": "stolen"}
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        aws.client("sts", **keys).get_caller_identity()


def test_an_expired_session_is_refused(aws):
    keys = dict(aws.reader("forensics"))
    known = aws.emulator.sessions.by_key
    before = known[keys["aws_access_key_id"]]
    known[before.access_key] = replace(before, expires=datetime.now(UTC) - timedelta(seconds=1))
    try:
        with pytest.raises(ClientError, match="ExpiredToken"):
            aws.client("iam", **keys).list_users()
    finally:
        known[before.access_key] = before


def test_a_chained_session_lasts_an_hour_at_most(aws):
    arn = f"arn:aws:iam::{aws.id('log-archive')}:role/RolecallReader"
    with pytest.raises(ClientError, match="1 hour session limit"):
        aws.client("sts").assume_role(
            RoleArn=arn, RoleSessionName="rolecall", ExternalId=aws.ready["external_id"], DurationSeconds=7200
        )


def test_a_reader_whose_policy_lacks_an_action_is_denied_what_needs_it():
    caller = Caller(reader_actions=["s3:ListAllMyBuckets", "iam:ListUsers"])
    assert caller.allows("RolecallReader", "s3:ListBuckets")
    assert not caller.allows("RolecallReader", "iam:ListRoles")
    assert caller.allows("RolecallRunner", "iam:ListRoles")
    assert Caller().allows("RolecallReader", "iam:ListRoles")
