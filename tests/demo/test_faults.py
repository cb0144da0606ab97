"""Faults, guardrails, counting, and what is not emulated."""

from __future__ import annotations

import time
import urllib.error

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError


def put(aws, **rule):
    aws.control("PUT", "faults", [rule])


@pytest.mark.parametrize(
    ("kind", "service", "operation", "code"),
    [
        ("deny", "iam", "list_roles", "AccessDenied"),
        ("deny", "organizations", "list_roots", "AccessDeniedException"),
        ("deny", "accessanalyzer", "list_analyzers", "AccessDeniedException"),
        ("throttle", "iam", "list_roles", "Throttling"),
        ("throttle", "organizations", "list_roots", "TooManyRequestsException"),
        ("throttle", "accessanalyzer", "list_analyzers", "ThrottlingException"),
        ("server_error", "iam", "list_roles", "ServiceFailure"),
        ("server_error", "organizations", "list_roots", "ServiceException"),
        ("expired", "iam", "list_roles", "ExpiredToken"),
        ("expired", "organizations", "list_roots", "ExpiredTokenException"),
    ],
)
def test_an_answer_fault_is_used_up(aws, kind, service, operation, code):
    put(aws, service=service, kind=kind, times=1)
    call = getattr(aws.client(service), operation)
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == code
    assert call()


def test_denials_speak_as_aws_does(aws):
    arn = f"arn:aws:sts::{aws.id('log-archive')}:assumed-role/RolecallReader/rolecall"
    client = aws.client("iam", "log-archive")
    roles = f"arn:aws:iam::{aws.id('log-archive')}:role/"
    said = f"User: {arn} is not authorized to perform: iam:ListRoles on resource: {roles}"
    put(aws, account=aws.id("log-archive"), service="iam", operation="ListRoles", kind="deny")
    with pytest.raises(ClientError, match="because no identity-based policy allows the iam:ListRoles action") as caught:
        client.list_roles()
    assert caught.value.response["Error"]["Message"].startswith(said)
    put(aws, account=aws.id("log-archive"), operation="ListRoles", kind="scp_deny")
    with pytest.raises(ClientError, match=r"with an explicit deny in a service control policy$"):
        client.list_roles()
    assert aws.client("iam", "forensics").list_roles()["Roles"]


def test_damage_on_the_wire(aws):
    client = aws.client("iam", "log-archive")
    for kind, error in (
        ("truncate", ResponseParserError),
        ("malformed", ResponseParserError),
        ("reset", ConnectionClosedError),
    ):
        put(aws, service="iam", kind=kind, times=1)
        with pytest.raises(error):
            client.list_roles()
        assert client.list_roles()["Roles"]


def test_a_cut_json_response_reads_as_an_empty_success(aws):
    """The trap the pipeline's guard is for: it must really happen here."""
    client = aws.client("organizations")
    put(aws, service="organizations", operation="ListAccounts", kind="truncate", times=1)
    answer = client.list_accounts()
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], "Accounts" in answer) == (200, False)
    length = int(answer["ResponseMetadata"]["HTTPHeaders"]["content-length"])
    assert length > 5000
    assert len(client.list_accounts()["Accounts"]) == 20


def test_a_fault_can_be_about_one_path(aws):
    client = aws.client("s3")
    client.create_bucket(Bucket="paths")
    aws.control("DELETE", "calls")
    put(aws, service="s3", operation="PutObject", path="/paths/a/*", kind="throttle")
    client.put_object(Bucket="paths", Key="b/1", Body=b"x")
    with pytest.raises(ClientError, match="SlowDown"):
        client.put_object(Bucket="paths", Key="a/1", Body=b"x")
    asked = [(row["operation"], row["path"]) for row in aws.control("GET", "requests")]
    assert asked == [("PutObject", "/paths/b/1"), ("PutObject", "/paths/a/1")]


def test_a_stall_takes_its_time(aws):
    put(aws, operation="GetCallerIdentity", kind="stall", delay=0.3, times=1)
    before = time.monotonic()
    assert aws.client("sts").get_caller_identity()
    assert time.monotonic() - before >= 0.3


def test_assume_role_can_fail_for_one_account(aws):
    put(aws, account=aws.id("backup-vault"), operation="AssumeRole", kind="deny")
    with pytest.raises(ClientError, match=r"role/RolecallReader$"):
        aws.assume("backup-vault")
    assert aws.assume("network-hub")


def test_a_bad_rule_is_refused(aws):
    with pytest.raises(urllib.error.HTTPError, match="400"):
        put(aws, kind="explode")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        aws.control("POST", "night", {"night": 9})


def test_an_attached_scp_denies_the_reader(aws):
    client = aws.client("iam", "partner-exchange")
    for call in (
        lambda: client.list_ssh_public_keys(UserName="partner-upload"),
        lambda: client.list_service_specific_credentials(AllUsers=True),
    ):
        with pytest.raises(ClientError, match="with an explicit deny in a service control policy"):
            call()
    assert client.list_users()["Users"]


def test_the_region_scp_denies_other_regions(aws):
    for region, is_denied in (("us-west-2", True), ("eu-west-1", False)):
        client = aws.client("accessanalyzer", "retail-orders-prod", region=region)
        if is_denied:
            with pytest.raises(ClientError, match="explicit deny in a service control policy"):
                client.list_analyzers()
        else:
            assert client.list_analyzers()["analyzers"] == []
    assert aws.client("accessanalyzer", "log-archive", region="us-west-2").list_analyzers()["analyzers"] == []


def test_calls_are_counted_by_account_and_also_when_they_fail(aws):
    client = aws.client("iam", "log-archive")
    aws.control("DELETE", "calls")
    put(aws, service="iam", operation="ListRoles", kind="throttle", times=1)
    with pytest.raises(ClientError):
        client.list_roles()
    client.list_roles()
    aws.client("organizations").list_roots()
    counted = {
        (c["account_id"], c["region"], c["service"], c["operation"]): c["count"] for c in aws.control("GET", "calls")
    }
    assert counted == {
        (aws.id("log-archive"), "us-east-1", "iam", "ListRoles"): 2,
        (aws.id("group-management"), "us-east-1", "organizations", "ListRoots"): 1,
    }


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("iam", "create_group", {"GroupName": "new"}),
        ("organizations", "list_handshakes_for_organization", {}),
        (
            "accessanalyzer",
            "list_access_preview_findings",
            {"accessPreviewId": "none", "analyzerArn": "arn:aws:access-analyzer:us-east-1:1:analyzer/none"},
        ),
        ("macie2", "list_custom_data_identifiers", {}),
        ("ec2", "describe_verified_access_groups", {}),
    ],
)
def test_what_is_not_emulated_says_so_in_the_services_protocol(aws, service, operation, parameters):
    call = getattr(aws.client(service, "log-archive"), operation)
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == "NotImplementedByEmulator"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_bucket_is_its_makers_and_none_of_the_organizations(aws):
    client, management = aws.client("s3"), aws.id("group-management")
    before = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    client.create_bucket(Bucket="made-here")
    assert client.list_objects_v2(Bucket="made-here", ExpectedBucketOwner=management)["KeyCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        client.list_objects_v2(Bucket="made-here", ExpectedBucketOwner=aws.id("log-archive"))
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == before


def test_other_services_are_motos_in_the_callers_account(aws):
    regions = aws.client("ec2", "log-archive").describe_regions()["Regions"]
    assert "us-east-1" in {r["RegionName"] for r in regions}
    assert aws.client("dynamodb", "log-archive").list_tables()["TableNames"] == []
