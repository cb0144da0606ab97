"""Collector `authorization_details`."""

from __future__ import annotations

from pipeline.aws.answers import Members
from tests.pipeline.collectors.support import (
    DAY,
    PLAIN,
    ScriptedAccount,
    collect,
)


def test_authorization_details_of_several_pages() -> None:
    identity = {"Path": "/", "CreateDate": DAY}
    user = identity | {
        "UserName": "ann",
        "UserId": "AIDA1",
        "Arn": "u",
        "GroupList": ["g"],
        "AttachedManagedPolicies": [{"PolicyName": "P", "PolicyArn": "p"}],
    }
    role = identity | {
        "RoleName": "r",
        "RoleId": "AROA1",
        "Arn": "r",
        "AssumeRolePolicyDocument": {"Statement": []},
        "RolePolicyList": [{"PolicyName": "in", "PolicyDocument": "{broken"}],
        "PermissionsBoundary": {"PermissionsBoundaryArn": "b"},
        "RoleLastUsed": {"LastUsedDate": DAY, "Region": "eu-west-1"},
        "InstanceProfileList": [{"InstanceProfileName": "ip"}],
        "Tags": [{"Key": "k", "Value": "v"}],
    }
    policy = identity | {
        "PolicyName": "P", "PolicyId": "ANPA1", "Arn": "p", "DefaultVersionId": "v2", "AttachmentCount": 1,
        "IsAttachable": True, "UpdateDate": DAY,
        "PolicyVersionList": [{"VersionId": "v1", "Document": {}}, {"VersionId": "v2", "Document": {"v": 2}}],
    }  # fmt: skip
    pages = [{"UserDetailList": [user], "GroupDetailList": []}, {"RoleDetailList": [role], "Policies": [policy]}]
    rows = collect("authorization_details", ScriptedAccount({"iam:GetAccountAuthorizationDetails": pages}))
    assert rows["users"][0]["group_names"] == ["g"]
    assert rows["users"][0]["permissions_boundary_arn"] is None
    assert rows["roles"][0]["last_used_at"] == PLAIN
    assert rows["roles"][0]["permissions_boundary_arn"] == "b"
    assert (rows["policies"][0]["document"], rows["policies"][0]["version_count"]) == ('{"v":2}', 2)
    assert rows["policy_attachments"][0] | {"account_id": ""} == {
        "account_id": "", "principal_type": "user", "principal_name": "ann", "principal_arn": "u",
        "policy_name": "P", "policy_arn": "p",
    }  # fmt: skip
    assert rows["inline_policies"][0]["document"] == "{broken"


def test_what_a_group_holds_is_unread_with_the_group() -> None:
    whole = {"Path": "/", "CreateDate": DAY, "GroupName": "g", "GroupId": "AGPA1", "Arn": "g"}
    cut = Members({"Arn": "cut", "GroupPolicyList": []}, "iam:GetAccountAuthorizationDetails.GroupDetailList")
    pages = [{"GroupDetailList": [whole, cut]}]
    account = ScriptedAccount({"iam:GetAccountAuthorizationDetails": pages})
    assert [row["group_name"] for row in collect("authorization_details", account)["groups"]] == ["g"]
    assert {(dataset, name) for dataset, name, _ in account.unread_records} == {
        ("groups", "cut"),
        ("policy_attachments", "cut"),
        ("inline_policies", "cut"),
    }
