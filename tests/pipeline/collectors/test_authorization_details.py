"""Collector `authorization_details`."""

from __future__ import annotations

import pytest

from pipeline.aws.answers import named
from pipeline.collectors.authorization_details import KINDS, LISTS, OPERATION
from tests.pipeline.collectors.support import DAY, PLAIN, ScriptedAccount, collect

ALWAYS = {"Path", "CreateDate", "Arn", "PolicyName", "PolicyId", "DefaultVersionId", "PolicyVersionList", "UserName"}
"""Members of records, of those that AWS always gives."""


IDENTITY = {"Path": "/", "CreateDate": DAY}
USER = IDENTITY | {
    "UserName": "ann",
    "UserId": "AIDA1",
    "Arn": "u",
    "GroupList": ["g"],
    "AttachedManagedPolicies": [{"PolicyName": "P", "PolicyArn": "p"}],
}
GROUP = IDENTITY | {"GroupName": "g", "GroupId": "AGPA1", "Arn": "g"}
ROLE = IDENTITY | {
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
POLICY = IDENTITY | {
    "PolicyName": "P", "PolicyId": "ANPA1", "Arn": "p", "DefaultVersionId": "v2", "AttachmentCount": 1,
    "IsAttachable": True, "UpdateDate": DAY,
    "PolicyVersionList": [{"VersionId": "v1", "Document": {}}, {"VersionId": "v2", "Document": {"v": 2}}],
}  # fmt: skip
OF_LIST = dict(zip(LISTS, (USER, GROUP, ROLE, POLICY), strict=True))
LACKING = [(name, member) for name, record in OF_LIST.items() for member in record if member in ALWAYS]


def test_authorization_details_of_several_pages() -> None:
    pages = [
        {"UserDetailList": [USER], "GroupDetailList": []},
        {"RoleDetailList": [ROLE], "Policies": [POLICY]},
    ]
    rows = collect("authorization_details", ScriptedAccount({OPERATION: pages}))
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


@pytest.mark.parametrize(("odd_list", "member"), LACKING)
def test_a_record_without_a_member_costs_itself_alone_even_as_the_only_one_of_its_list(
    odd_list: str, member: str
) -> None:
    page = {name: [dict(record)] for name, record in OF_LIST.items()}
    del page[odd_list][0][member]
    account = ScriptedAccount({OPERATION: [named(page, OPERATION)]})
    rows = collect("authorization_details", account)
    odd, *_ = dict(zip(LISTS, KINDS, strict=True))[odd_list]
    assert {dataset.name: len(rows[dataset.name]) for dataset, _ in KINDS} == {
        dataset.name: int(dataset != odd) for dataset, _ in KINDS
    }
    ((dataset, resource, message),) = account.unread_records
    assert (dataset, resource) == (odd.name, "" if member == "Arn" else OF_LIST[odd_list]["Arn"])
    assert f"lacks {member}" in message
