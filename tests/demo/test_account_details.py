"""What IAM says of an account, from several operations that must agree."""

from __future__ import annotations

import csv
import http.client
import io
import json
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from demo.emulator.services import SERVICES, TRACKED

LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def details(client, **more):
    rows = {name: [] for name in LISTS}
    for page in client.get_paginator("get_account_authorization_details").paginate(**more):
        for name in LISTS:
            rows[name] += page[name]
    return rows


def report(client):
    while client.generate_credential_report()["State"] != "COMPLETE":
        pass
    answer = client.get_credential_report()
    return list(csv.DictReader(io.StringIO(answer["Content"].decode()))), answer


def readable(aws):
    rows = aws.pages(aws.client("organizations"), "list_accounts", "Accounts")
    return [a["Name"] for a in rows if a["State"] == "ACTIVE" and a["Name"] != "marketing-campaigns"]


def test_details_summary_and_report_agree_in_every_account(aws):
    for name in readable(aws):
        client = aws.client("iam", name)
        all_rows, summary = (
            details(client, PaginationConfig={"PageSize": 1000}),
            client.get_account_summary()["SummaryMap"],
        )
        local = [p for p in all_rows["Policies"] if not p["Arn"].startswith("arn:aws:iam::aws:")]
        counted = [len(all_rows["UserDetailList"]), len(all_rows["GroupDetailList"]), len(all_rows["RoleDetailList"])]
        assert [*counted, len(local)] == [summary[k] for k in ("Users", "Groups", "Roles", "Policies")], name
        rows, _ = report(client)
        assert [r["user"] for r in rows] == ["<root_account>"] + [u["UserName"] for u in all_rows["UserDetailList"]]
        profiles = aws.pages(client, "list_instance_profiles", "InstanceProfiles")
        providers = client.list_saml_providers()["SAMLProviderList"]
        providers += client.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        assert (len(profiles), len(providers)) == (summary["InstanceProfiles"], summary["Providers"])


def test_attachments_and_boundaries_refer_to_policies_that_are_there(aws):
    for name in readable(aws):
        rows = details(aws.client("iam", name))
        known = {p["Arn"]: p for p in rows["Policies"]}
        principals = [p for key in LISTS[:3] for p in rows[key]]
        attached = [a["PolicyArn"] for p in principals for a in p["AttachedManagedPolicies"]]
        bounded = [p["PermissionsBoundary"]["PermissionsBoundaryArn"] for p in principals if "PermissionsBoundary" in p]
        assert {*attached, *bounded} <= set(known), name
        for arn, policy in known.items():
            assert policy["AttachmentCount"] == attached.count(arn)
            assert policy["PermissionsBoundaryUsageCount"] == bounded.count(arn)
            assert [v["VersionId"] for v in policy["PolicyVersionList"] if v["IsDefaultVersion"]] == [
                policy["DefaultVersionId"]
            ]
        groups = {g["GroupName"] for g in rows["GroupDetailList"]}
        assert {g for u in rows["UserDetailList"] for g in u["GroupList"]} <= groups


def test_pages_join_to_the_whole_and_run_across_the_lists(aws):
    client = aws.client("iam", "retail-orders-dev")
    assert details(client, PaginationConfig={"PageSize": 7}) == details(client, PaginationConfig={"PageSize": 1000})
    first = client.get_account_authorization_details(MaxItems=28)
    assert (len(first["UserDetailList"]), len(first["GroupDetailList"]), first["IsTruncated"]) == (28, 0, True)
    with pytest.raises(ClientError, match="Invalid Marker"):
        client.get_account_authorization_details(Marker="nonsense")


def test_a_page_may_be_shorter_than_asked(aws):
    pages = list(
        aws.client("iam", "data-lake-prod")
        .get_paginator("get_account_authorization_details")
        .paginate(PaginationConfig={"PageSize": 1000})
    )
    assert len(pages) == 2


def test_filter_leaves_the_other_lists_empty(aws):
    client = aws.client("iam", "retail-orders-prod")
    rows = details(client, Filter=["Role", "LocalManagedPolicy"])
    assert rows["UserDetailList"] == rows["GroupDetailList"] == []
    assert rows["RoleDetailList"]
    assert not any(p["Arn"].startswith("arn:aws:iam::aws:") for p in rows["Policies"])


def test_documents_are_percent_encoded_on_the_wire_and_decoded_by_boto3(aws):
    keys = aws.reader("retail-orders-prod")
    host = aws.ready["endpoint"].removeprefix("http://")
    connection = http.client.HTTPConnection(host)
    scope = f"Credential={keys['aws_access_key_id']}/20261116/us-east-1/iam/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
        "X-Amz-Security-Token": keys["aws_session_token"],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", "/", "Action=GetRole&RoleName=github-deploy&Version=2010-05-08", headers)
    body = connection.getresponse().read().decode()
    connection.close()
    encoded = body.split("<AssumeRolePolicyDocument>")[1].split("<")[0]
    assert encoded.startswith("%7B%22Version%22")
    role = aws.client("iam", "retail-orders-prod").get_role(RoleName="github-deploy")["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(unquote(encoded))


def test_what_lists_leave_out_the_details_have(aws):
    client = aws.client("iam", "retail-orders-prod")
    listed = {r["RoleName"]: r for r in aws.pages(client, "list_roles", "Roles")}
    detailed = {r["RoleName"]: r for r in details(client)["RoleDetailList"]}
    name = "retail-orders-api-task"
    assert {"RoleLastUsed", "PermissionsBoundary", "Tags"}.isdisjoint(listed[name])
    assert "MaxSessionDuration" not in detailed[name]
    assert detailed[name]["RoleLastUsed"]["Region"] == "us-east-1"
    assert detailed[name]["PermissionsBoundary"]["PermissionsBoundaryType"] == "Policy"
    durations = {r["MaxSessionDuration"] for r in listed.values()}
    assert durations == {3600, 4 * 3600, 8 * 3600}
    instance = detailed["retail-orders-instance"]["InstanceProfileList"][0]
    assert instance["Roles"][0]["RoleName"] == "retail-orders-instance"


def test_a_report_is_started_then_complete(aws):
    aws.emulator.set_night(1)
    client = aws.client("iam", "observability")
    with pytest.raises(client.exceptions.CredentialReportNotPresentException):
        client.get_credential_report()
    assert client.generate_credential_report()["State"] == "STARTED"
    with pytest.raises(client.exceptions.CredentialReportNotReadyException):
        client.get_credential_report()
    assert client.generate_credential_report()["State"] == "COMPLETE"
    assert client.get_credential_report()["GeneratedTime"].isoformat() == "2026-11-16T02:00:00+00:00"
    old = aws.client("iam", "security-tooling").get_credential_report()
    assert old["GeneratedTime"].isoformat() == "2026-11-15T23:00:00+00:00"


def test_a_report_says_what_it_cannot_say_as_aws_does(aws):
    rows = {r["user"]: r for r in report(aws.client("iam", "legacy-telemetry"))[0]}
    root, fleet = rows["<root_account>"], rows["fleet-01"]
    assert (root["password_enabled"], root["password_last_changed"]) == ("not_supported", "not_supported")
    assert (root["access_key_1_active"], root["access_key_1_last_used_date"]) == ("true", "N/A")
    assert (fleet["password_enabled"], fleet["password_last_used"]) == ("false", "N/A")
    assert fleet["access_key_1_last_used_service"] == "firehose"
    assert fleet["access_key_2_last_rotated"] == "N/A"
    central = report(aws.client("iam", "log-archive"))[0][0]
    assert (central["password_enabled"], central["mfa_active"]) == ("false", "false")
    certified = {r["user"]: r for r in report(aws.client("iam", "shared-services"))[0]}["soap-client"]
    assert (certified["cert_1_active"], certified["cert_2_active"]) == ("true", "false")
    assert certified["cert_2_last_rotated"] != "N/A"


def test_root_in_the_summary(aws):
    def root(name):
        summary = aws.client("iam", name).get_account_summary()["SummaryMap"]
        names = ("AccountPasswordPresent", "AccountMFAEnabled", "AccountAccessKeysPresent")
        return tuple(summary[n] for n in (*names, "AccountSigningCertificatesPresent"))

    assert root("group-management") == (1, 1, 0, 0)
    assert root("log-archive") == (0, 0, 0, 0)
    assert root("legacy-telemetry") == (1, 0, 1, 0)
    assert root("harborlight-erp") == (1, 1, 0, 1)


def test_mfa_devices_of_every_kind(aws):
    client = aws.client("iam", "data-science-dev")
    assigned = client.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert assigned[0]["User"]["Arn"] == f"arn:aws:iam::{aws.id('data-science-dev')}:root"
    alvarez = aws.client("iam", "sandbox-alvarez")
    device = alvarez.list_mfa_devices(UserName="maria.alvarez")["MFADevices"][0]
    assert ":u2f/user/" in device["SerialNumber"]
    assert alvarez.get_mfa_device(SerialNumber=device["SerialNumber"])["Certifications"]
    spare = aws.client("iam", "shared-services").list_virtual_mfa_devices(AssignmentStatus="Unassigned")
    assert [("User" in d) for d in spare["VirtualMFADevices"]] == [False]
    with pytest.raises(ClientError, match="Must specify userName"):
        client.list_mfa_devices()


def test_service_specific_credentials_of_all_users(aws):
    client = aws.client("iam", "shared-services")
    rows = client.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]
    assert {r["ServiceName"].split(".")[0] for r in rows} == {"codecommit", "cassandra", "bedrock"}
    assert {("ExpirationDate" in r) for r in rows if r["ServiceName"].startswith("bedrock")} == {True, False}
    page = client.list_service_specific_credentials(AllUsers=True, MaxItems=2)
    assert (len(page["ServiceSpecificCredentials"]), page["IsTruncated"]) == (2, True)


def test_keys_ssh_keys_and_certificates(aws):
    client = aws.client("iam", "shared-services")
    keys = client.list_ssh_public_keys(UserName="hotfix-pusher")["SSHPublicKeys"]
    assert sorted(k["Status"] for k in keys) == ["Active", "Active", "Inactive"]
    assert len(client.list_signing_certificates(UserName="soap-client")["Certificates"]) == 2
    payments = aws.client("iam", "payments-core-prod")
    key = payments.list_access_keys(UserName="svc-settlement")["AccessKeyMetadata"][0]
    used = payments.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]) == ("svc-settlement", "s3")


def last_accessed(client, arn, **more):
    job = client.generate_service_last_accessed_details(Arn=arn, **more)["JobId"]
    answer = client.get_service_last_accessed_details(JobId=job, MaxItems=1000)
    while answer["JobStatus"] == "IN_PROGRESS":
        answer = client.get_service_last_accessed_details(JobId=job, MaxItems=1000)
    return answer


def test_last_accessed_of_the_real_dump(aws):
    arn = f"arn:aws:iam::{aws.id('bluefin-platform')}:user/wifi"
    answer = last_accessed(aws.client("iam", "bluefin-platform"), arn)
    assert len(answer["ServicesLastAccessed"]) == 29
    assert answer["ServicesLastAccessed"][0]["LastAuthenticated"].isoformat() == "2026-11-13T12:43:00+00:00"


def test_last_accessed_of_an_administrator_lists_what_a_star_allows(aws):
    arn = f"arn:aws:iam::{aws.id('sandbox-okafor')}:role/experiment"
    rows = last_accessed(aws.client("iam", "sandbox-okafor"), arn)["ServicesLastAccessed"]
    assert {r["ServiceNamespace"] for r in rows} == set(SERVICES)
    assert 0 < sum("LastAuthenticated" in r for r in rows) < len(rows) / 2
    assert not any("TrackedActionsLastAccessed" in r for r in rows)
    not_iam = f"arn:aws:iam::{aws.id('data-lake-prod')}:role/lake-janitor"
    rows = last_accessed(aws.client("iam", "data-lake-prod"), not_iam)["ServicesLastAccessed"]
    assert {r["ServiceNamespace"] for r in rows} == set(SERVICES) - {"iam", "organizations"}


def test_last_accessed_actions(aws):
    arn = f"arn:aws:iam::{aws.id('data-lake-prod')}:role/lake-crawler"
    answer = last_accessed(aws.client("iam", "data-lake-prod"), arn, Granularity="ACTION_LEVEL")
    assert answer["JobType"] == "ACTION_LEVEL"
    rows = {r["ServiceNamespace"]: r for r in answer["ServicesLastAccessed"]}
    assert set(rows) == {"glue", "kms", "s3"}
    assert "TrackedActionsLastAccessed" not in rows["glue"]
    actions = rows["s3"]["TrackedActionsLastAccessed"]
    assert [a["ActionName"] for a in actions] == list(TRACKED["s3"])
    used = [a for a in actions if "LastAccessedTime" in a]
    assert 0 < len(used) < len(actions)
    assert {a["LastAccessedEntity"] for a in used} == {arn}


def test_generated_policies(aws):
    client = aws.client("accessanalyzer", "data-lake-prod")
    jobs = {job["status"]: job for job in client.list_policy_generations()["policyGenerations"]}
    done = client.get_generated_policy(jobId=jobs["SUCCEEDED"]["jobId"], includeResourcePlaceholders=False)
    assert done["generatedPolicyResult"]["properties"]["isComplete"]
    (policy,) = done["generatedPolicyResult"]["generatedPolicies"]
    assert json.loads(policy["policy"])["Statement"][0]["Action"][0] == "glue:GetCrawler"
    failed = client.get_generated_policy(jobId=jobs["FAILED"]["jobId"])
    assert not failed["generatedPolicyResult"].get("generatedPolicies")
    with pytest.raises(client.exceptions.ValidationException):
        client.get_generated_policy(jobId="none")


def test_access_report_of_the_organization(aws):
    client = aws.client("iam")
    path = aws.client("organizations").describe_account(AccountId=aws.id("forensics"))["Account"]["Paths"][0]
    job = client.generate_organizations_access_report(EntityPath=path)["JobId"]
    answer = client.get_organizations_access_report(JobId=job)
    assert answer["NumberOfServicesAccessible"] == len(answer["AccessDetails"])
    with pytest.raises(ClientError, match="InvalidInput"):
        client.generate_organizations_access_report(EntityPath="o-nobodyknows/r-none")


def test_the_dumps_are_two_accounts_under_their_new_ids(aws):
    bluefin = details(aws.client("iam", "bluefin-platform"))
    assert {u["UserName"] for u in bluefin["UserDetailList"]} >= {"wifi", "gandalf@bridgecrew.io"}
    tinsmith = details(aws.client("iam", "tinsmith-web"))
    assert {r["RoleName"] for r in tinsmith["RoleDetailList"]} >= {"MyRole", "OverprivilegedEC2", "RolecallReader"}
    for rows, name in ((bluefin, "bluefin-platform"), (tinsmith, "tinsmith-web")):
        text = json.dumps(rows, default=str)
        assert aws.id(name) in text
        assert "000000000000" not in text
        assert "012345678901" not in text
    retired = [p for p in tinsmith["Policies"] if p["PolicyName"] == "AWSLambdaFullAccess"]
    assert [p["IsAttachable"] for p in retired] == [False]


def test_access_analyzer_pages_filters_and_details(aws):
    client = aws.client("accessanalyzer", "security-tooling")
    analyzer = client.list_analyzers(type="ORGANIZATION")["analyzers"][0]
    found = aws.pages(
        client, "list_findings_v2", "findings", analyzerArn=analyzer["arn"], PaginationConfig={"PageSize": 10}
    )
    assert {f["findingType"] for f in found} == {"ExternalAccess"}
    active = client.list_findings_v2(analyzerArn=analyzer["arn"], filter={"status": {"eq": ["ACTIVE"]}})["findings"]
    assert 0 < len(active) < len(found)
    detail = client.get_finding_v2(analyzerArn=analyzer["arn"], id=found[0]["id"])["findingDetails"][0]
    assert detail["externalAccessDetails"]["principal"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_finding_v2(analyzerArn=analyzer["arn"], id="none")


@pytest.mark.parametrize(
    ("document", "kind", "codes"),
    [
        ("{", "IDENTITY_POLICY", ["JSON_SYNTAX_ERROR"]),
        ('{"Version": "2012-10-17", "Statement": []}', "IDENTITY_POLICY", ["MISSING_STATEMENT"]),
        (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}}',
            "IDENTITY_POLICY",
            ["PASS_ROLE_WITH_STAR_IN_RESOURCE"],
        ),
        (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:NoSuch", "Resource": "*"}}',
            "SERVICE_CONTROL_POLICY",
            ["INVALID_ACTION"],
        ),
        (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}',
            "IDENTITY_POLICY",
            [],
        ),
    ],
)
def test_policies_are_validated(aws, document, kind, codes):
    answer = aws.client("accessanalyzer").validate_policy(policyDocument=document, policyType=kind)
    assert [f["issueCode"] for f in answer["findings"]] == codes
