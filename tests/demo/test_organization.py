"""The organization as its API shows it."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from botocore.exceptions import ClientError

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


def accounts(aws):
    return aws.pages(aws.client("organizations"), "list_accounts", "Accounts")


def test_accounts_come_in_pages_of_twenty(aws):
    pages = list(aws.client("organizations").get_paginator("list_accounts").paginate())
    assert [len(p["Accounts"]) for p in pages] == [20, 20, 4]
    assert "NextToken" not in pages[-1]
    assert len({a["Id"] for p in pages for a in p["Accounts"]}) == 44


def test_states_are_told_in_both_forms(aws):
    rows = {a["Name"]: (a["State"], a["Status"]) for a in accounts(aws)}
    assert Counter(s for s, _ in rows.values()) == {"ACTIVE": 42, "SUSPENDED": 1, "CLOSED": 1}
    assert rows["retail-promo-2023"] == ("SUSPENDED", "SUSPENDED")
    assert rows["payments-pilot"] == ("CLOSED", "SUSPENDED")


def test_paths_agree_with_a_walk_of_the_tree(aws):
    client = aws.client("organizations")
    org = client.describe_organization()["Organization"]["Id"]
    root = client.list_roots()["Roots"][0]["Id"]
    walked = {}

    def walk(parent, path):
        for account in aws.pages(client, "list_accounts_for_parent", "Accounts", ParentId=parent):
            walked[account["Id"]] = f"{path}{account['Id']}/"
        for unit in aws.pages(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent):
            assert unit["Path"] == f"{path}{unit['Id']}/"
            walk(unit["Id"], unit["Path"])

    walk(root, f"{org}/{root}/")
    assert walked == {a["Id"]: a["Paths"][0] for a in accounts(aws)}


def test_a_token_of_another_list_is_refused(aws):
    client = aws.client("organizations")
    token = client.list_accounts()["NextToken"]
    for wrong in (token, "nonsense"):
        with pytest.raises(ClientError, match="InvalidInputException"):
            client.list_policies(Filter=SCP, NextToken=wrong)


def test_policies_have_content_and_targets(aws):
    client = aws.client("organizations")
    counted = {}
    for kind in (SCP, RCP):
        for policy in aws.pages(client, "list_policies", "Policies", Filter=kind):
            content = json.loads(client.describe_policy(PolicyId=policy["Id"])["Policy"]["Content"])
            assert content["Statement"]
            counted[policy["Name"]] = len(
                aws.pages(client, "list_targets_for_policy", "Targets", PolicyId=policy["Id"])
            )
    units = 19
    assert counted["FullAWSAccess"] == counted["RCPFullAWSAccess"] == units + 44
    assert counted["deny-leave-organization"] == 5
    assert counted["protect-config"] == 0


def test_no_attached_sample_keeps_a_placeholder(aws):
    for policy in aws.emulator.state.organization.policies.values():
        assert not any(mark in policy.content for mark in ("[P", "[C", "<", "{example", "${Account}"))


def test_a_target_has_at_most_five_policies_of_a_kind(aws):
    org = aws.emulator.state.organization
    for target in [*org.units, *org.accounts]:
        kinds = Counter(org.policies[p].kind for p in org.attached_to(target))
        assert max(kinds.values()) <= 5


def test_tags_and_missing_owner(aws):
    client = aws.client("organizations")

    def tags(name):
        rows = aws.pages(client, "list_tags_for_resource", "Tags", ResourceId=aws.id(name))
        return {t["Key"]: t["Value"] for t in rows}

    assert set(tags("payments-core-prod")) == {"owner", "environment", "cost-center", "business_unit"}
    assert "owner" not in tags("legacy-telemetry")


def test_administration_is_delegated_for_some_trusted_services(aws):
    client = aws.client("organizations")
    security = aws.id("security-tooling")
    for service in ("access-analyzer", "iam", "sso", "guardduty"):
        rows = client.list_delegated_administrators(ServicePrincipal=f"{service}.amazonaws.com")
        assert [a["Id"] for a in rows["DelegatedAdministrators"]] == [security]
    assert client.list_delegated_administrators(ServicePrincipal="ram.amazonaws.com")["DelegatedAdministrators"] == []
    trusted = aws.pages(client, "list_aws_service_access_for_organization", "EnabledServicePrincipals")
    delegated = aws.pages(client, "list_delegated_services_for_account", "DelegatedServices", AccountId=security)
    assert {d["ServicePrincipal"] for d in delegated} < {t["ServicePrincipal"] for t in trusted}
    assert json.loads(client.describe_resource_policy()["ResourcePolicy"]["Content"])["Statement"]


def test_members_see_the_organization_but_not_its_lists(aws):
    client = aws.client("organizations", "log-archive")
    assert client.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client.list_accounts()
    assert aws.client("organizations", "security-tooling").list_roots()["Roots"]


def test_features_only_for_the_administrators(aws):
    for account in (None, "security-tooling"):
        assert aws.client("iam", account).list_organizations_features()["EnabledFeatures"]
    with pytest.raises(ClientError, match="AccountNotManagementOrDelegatedAdministrator"):
        aws.client("iam", "log-archive").list_organizations_features()


def test_contacts_of_a_member_from_the_management_account(aws):
    client = aws.client("account")
    ask = {"AlternateContactType": "SECURITY"}
    assert client.get_alternate_contact(AccountId=aws.id("log-archive"), **ask)["AlternateContact"]["Name"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_alternate_contact(AccountId=aws.id("data-science-dev"), **ask)
    own = aws.client("account", "log-archive").get_alternate_contact(**ask)
    assert own["AlternateContact"]["AlternateContactType"] == "SECURITY"


def test_the_identity_center_and_its_stray(aws):
    instances = aws.client("sso-admin").list_instances()["Instances"]
    assert [i["OwnerAccountId"] for i in instances] == [aws.id("group-management")]
    seen = aws.client("sso-admin", "sandbox-hackday").list_instances()["Instances"]
    assert {i["OwnerAccountId"] for i in seen} == {aws.id("group-management"), aws.id("sandbox-hackday")}
    assert aws.client("sso-admin", region="eu-west-1").list_instances()["Instances"] == []
    arn, store = instances[0]["InstanceArn"], instances[0]["IdentityStoreId"]
    client = aws.client("sso-admin", "security-tooling")
    sets = {}
    for made in client.list_permission_sets(InstanceArn=arn)["PermissionSets"]:
        name = client.describe_permission_set(InstanceArn=arn, PermissionSetArn=made)["PermissionSet"]["Name"]
        used = client.list_accounts_for_provisioned_permission_set(InstanceArn=arn, PermissionSetArn=made)
        sets[name] = len(used["AccountIds"])
    assert sets["DatabaseAdministrator"] == 0
    assert sets["AdministratorAccess"] > 20
    people = aws.client("identitystore", "security-tooling").list_users(IdentityStoreId=store)["Users"]
    assert [p["UserName"] for p in people if p["UserStatus"] == "DISABLED"] == ["o.brandt"]
