"""Collectors: from answers to rows, for what the demo organization does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline import collectors
from pipeline.aws.failures import CallFailed
from pipeline.collectors import _values
from pipeline.schema import Dataset, Row

MEMBER = "111111111111"
DAY = datetime(2026, 11, 20, 2, tzinfo=UTC)
PLAIN = datetime(2026, 11, 20, 2)


class ScriptedAccount:
    """What a collector sees, answering from a dictionary; a callable gets the parameters."""

    def __init__(
        self, answers: dict[str, Any], rows: dict[str, list[Row]] | None = None, region: str = "global"
    ) -> None:
        self.account_id, self.region = MEMBER, region
        self._answers, self._rows = answers, rows or {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.memory = SimpleNamespace(as_of=DAY.date(), once=lambda key, make: make())
        self.settings = SimpleNamespace(regions=["us-east-1"], role_name="Reader", include_tags=[], exclude_tags=[])
        self.closed_regions: frozenset[str] = frozenset()
        self.unread_records: list[tuple[str, str | None, str]] = []

    def unread(self, dataset: Dataset, resource: str | None, failed: CallFailed) -> None:
        self.unread_records.append((dataset.name, resource, failed.message))

    def failed(self, operation: str, error_class: str, message: str) -> CallFailed:
        return CallFailed(operation, error_class, None, message, self.region)

    def further(self, operation: str, page: dict[str, Any], seen: set[str]) -> str | None:
        return page.get("Marker")

    def remembered(self, dataset: Dataset) -> list[Row]:
        return []

    def optional(self, operation: str, *expected: str, **params: Any) -> Any:
        self.asked.append((operation, params))
        found = self._answers[operation]
        return found(**params) if callable(found) else found

    call = optional

    def answers(
        self,
        operation: str,
        members: Sequence[str],
        expected: Sequence[str] = (),
        may_be_gone: bool = False,
        **params: Any,
    ) -> Iterator[Any]:
        found = self.optional(operation, **params)
        yield from [found] if isinstance(found, dict) else found

    def pages(
        self, operation: str, member: str, expected: Sequence[str] = (), may_be_gone: bool = False, **params: Any
    ) -> Iterator[Any]:
        yield from self.optional(operation, **params)

    def rows(self, dataset: str) -> list[Row]:
        return self._rows[dataset]

    def dated(self, operation: str, moment: datetime | None) -> None:
        self.asked.append((operation, {"dated": moment}))


def collect(name: str, account: ScriptedAccount) -> dict[str, list[Row]]:
    """The rows of a collector, held against the columns that it declares."""
    (collector,) = [c for c in collectors.discover() if c.name == name]
    rows = collector.collect(account)  # type: ignore[arg-type]
    for dataset in collector.datasets:
        dataset.table(rows[dataset.name])
    return rows


def test_collectors_are_found_and_their_columns_hold_together() -> None:
    datasets = collectors.datasets()
    for dataset in datasets.values():
        names = [column.name for column in dataset.columns]
        assert len(set(names)) == len(names)
        assert set(dataset.key) <= set(names)
        assert all(column.description for column in dataset.columns)
        required = {column.name for column in dataset.columns if column.required}
        assert set(dataset.key) <= required, dataset.name
        if dataset.scope != "organization":
            assert names[0] == "account_id"
        if dataset.scope == "region":
            assert names[1] == "region"
        for column in dataset.columns:
            if column.references:
                table, of = column.references.split(".")
                assert of in {c.name for c in datasets[table].columns}


def test_two_collectors_of_one_dataset_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = (*collectors.discover(), collectors.discover()[0])
    monkeypatch.setattr(collectors, "discover", lambda: twice)
    with pytest.raises(TypeError, match=f"declared more than once: {collectors.discover()[0].datasets[0].name}"):
        collectors.datasets.__wrapped__()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Version": "2012-10-17", "Statement": []}, '{"Version":"2012-10-17","Statement":[]}'),
        ('{"Statement": "é"}', '{"Statement":"é"}'),
        ('{"Statement": [', '{"Statement": ['),
        ("%7B%22Statement%22%3A", '{"Statement":'),
        ("100% wrong", "100% wrong"),
        (None, None),
    ],
)
def test_documents(given: Any, expected: str | None) -> None:
    assert _values.document(given) == expected


def test_tags_are_an_object_by_key() -> None:
    assert _values.tags([{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]) == '{"a":"1","b":"2"}'
    assert _values.tags(None) == "{}"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "(an access key id)"),
        ("AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "(an access key id):(a secret access key)"),
        ("key_wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "key_(a secret access key)"),
        ("0a1b2c3d4e5f67890a1b2c3d4e5f67890a1b2c3d", "0a1b2c3d4e5f67890a1b2c3d4e5f67890a1b2c3d"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYandMore", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYandMore"),
    ],
)
def test_keys_in_tags_are_masked(value: str, kept: str) -> None:
    assert _values.tags([{"Key": "note", "Value": value}]) == _values.tag_map({"note": value}) == f'{{"note":"{kept}"}}'


REPORT_HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated,something_new"
)
REPORT = f"""{REPORT_HEADER}
<root_account>,arn:aws:iam::{MEMBER}:root,2020-01-01T00:00:00+00:00,not_supported,no_information,not_supported,\
not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A,x
ann,arn:aws:iam::{MEMBER}:user/ann,2026-11-20T02:00:00Z,true,2026-11-20T02:00:00+00:00,2026-11-20T02:00:00+00:00,N/A,\
false,true,2026-11-20T03:00:00+01:00,2026-11-20T02:00:00+00:00,eu-west-1,s3,false,N/A,N/A,N/A,N/A,true,\
2026-11-20T02:00:00+00:00,false,N/A,x
"""


def report_account(report: str, states: list[str]) -> ScriptedAccount:
    answer = {"Content": report.encode(), "GeneratedTime": DAY}
    generate = lambda: {"State": states.pop(0) if len(states) > 1 else states[0]}  # noqa: E731
    return ScriptedAccount({"iam:GenerateCredentialReport": generate, "iam:GetCredentialReport": answer})


def test_credential_report(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("pipeline.collectors.credential_report.time.sleep", pauses.append)
    account = report_account(REPORT, ["STARTED", "INPROGRESS", "COMPLETE"])
    root, ann = collect("credential_report", account)["credential_report"]
    assert pauses == [0.5, 1.0]
    assert account.asked[-1] == ("iam:GetCredentialReport", {"dated": PLAIN})
    assert (root["user_name"], root["password_enabled"], root["is_mfa_active"]) == ("<root_account>", None, True)
    assert root["password_last_used_at"] is root["access_key_1_last_rotated_at"] is None
    assert ann["created_at"] == ann["password_last_used_at"] == ann["access_key_1_last_rotated_at"] == PLAIN
    assert (ann["access_key_1_active"], ann["access_key_1_last_used_region"]) == (True, "eu-west-1")
    assert (ann["access_key_2_active"], ann["access_key_2_last_used_service"]) == (False, None)
    assert (ann["cert_1_active"], ann["cert_1_last_rotated_at"], ann["generated_at"]) == (True, PLAIN, PLAIN)


def test_credential_report_without_a_root_user() -> None:
    """GovCloud has none."""
    report = "\n".join(line for line in REPORT.splitlines() if "<root" not in line)
    rows = collect("credential_report", report_account(report, ["COMPLETE"]))["credential_report"]
    assert [row["user_name"] for row in rows] == ["ann"]


def test_credential_report_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.collectors.credential_report.time.sleep", lambda seconds: None)
    account = report_account(REPORT, ["STARTED"])
    account._answers["iam:GetCredentialReport"] = None
    with pytest.raises(CallFailed, match="timeout"):
        collect("credential_report", account)
    assert [operation for operation, _ in account.asked].count("iam:GenerateCredentialReport") == 12


def test_mfa_devices_of_users_and_root() -> None:
    def device(serial: str, user: dict[str, str]) -> dict[str, Any]:
        return {"SerialNumber": serial, "EnableDate": DAY, "User": user}

    root, virtual = f"arn:aws:iam::{MEMBER}:mfa/root-account-mfa-device", f"arn:aws:iam::{MEMBER}:mfa/ann"
    listed = [
        device(root, {"Arn": f"arn:aws:iam::{MEMBER}:root"}),
        device(virtual, {"Arn": f"arn:aws:iam::{MEMBER}:user/ann", "UserName": "ann"}),
    ]
    key = {"SerialNumber": f"arn:aws:iam::{MEMBER}:u2f/user/ann/key", "EnableDate": DAY}
    of_ann = [{"SerialNumber": virtual, "EnableDate": DAY}, key]
    account = ScriptedAccount(
        {"iam:ListVirtualMFADevices": listed, "iam:ListMFADevices": of_ann},
        {
            "credential_report": [
                {"user_name": "<root_account>", "arn": "r", "is_mfa_active": True},
                {"user_name": "ann", "arn": f"arn:aws:iam::{MEMBER}:user/ann", "is_mfa_active": True},
                {"user_name": "bob", "arn": "b", "is_mfa_active": False},
            ]
        },
    )
    rows = collect("mfa_devices", account)["mfa_devices"]
    assert [params for operation, params in account.asked if operation == "iam:ListMFADevices"] == [{"UserName": "ann"}]
    assert [(row["user_name"], row["serial_number"]) for row in rows] == [
        ("<root_account>", root),
        ("ann", virtual),
        ("ann", key["SerialNumber"]),
    ]


def organization(answers: dict[str, Any]) -> ScriptedAccount:
    base = {
        "organizations:ListRoots": [
            {
                "Id": "r-1",
                "Arn": "a",
                "Name": "Root",
                "PolicyTypes": [{"Type": "S", "Status": "ENABLED"}, {"Type": "R", "Status": "PENDING_ENABLE"}],
            }
        ],
        "organizations:ListOrganizationalUnitsForParent": lambda ParentId: (
            [{"Id": "ou-1", "Arn": "a", "Name": "Work"}] if ParentId == "r-1" else []
        ),
        "organizations:ListTagsForResource": [],
        "organizations:ListAccountsForParent": [],
    }
    return ScriptedAccount(base | answers, {"organization": [{"management_account_id": "000000000001"}]})


def member(account_id: str, **more: Any) -> dict[str, Any]:
    return {"Id": account_id, "Arn": "a", "Name": "n", "Email": "e", "JoinedTimestamp": DAY, **more}


def test_tree_takes_parents_from_paths() -> None:
    found = [
        member("000000000001", State="ACTIVE", Status="SUSPENDED", Paths=["o-1/r-1/000000000001/"]),
        member("000000000002", State="ACTIVE", Paths=["o-1/r-1/ou-1/000000000002/"]),
        member("000000000003", State="CLOSED"),
    ]
    account = organization({"organizations:ListAccounts": found})
    rows = collect("organization_tree", account)
    assert [(a["parent_id"], a["state"]) for a in rows["accounts"]] == [
        ("r-1", "ACTIVE"),
        ("ou-1", "ACTIVE"),
        (None, "CLOSED"),
    ]
    assert [a["is_management"] for a in rows["accounts"]] == [True, False, False]
    assert rows["organization_roots"][0]["enabled_policy_types"] == ["S"]
    assert rows["organizational_units"] == [{"ou_id": "ou-1", "arn": "a", "name": "Work", "parent_id": "r-1"}]


def test_an_account_and_a_unit_that_one_list_lacks_are_taken_from_the_other() -> None:
    found = [member("000000000001", Arn="arn:aws:organizations::1:account/o-1/000000000001", State="ACTIVE",
                    Paths=["o-1/r-1/ou-1/ou-new/000000000001/"])]  # fmt: skip
    below = lambda ParentId: [member("000000000002", State="ACTIVE")] if ParentId == "ou-1" else []  # noqa: E731
    account = organization({"organizations:ListAccounts": found, "organizations:ListAccountsForParent": below})
    rows = collect("organization_tree", account)
    assert [(a["account_id"], a["parent_id"]) for a in rows["accounts"]] == [
        ("000000000001", "ou-new"),
        ("000000000002", "ou-1"),
    ]
    assert rows["organizational_units"][1] == {
        "ou_id": "ou-new",
        "arn": "arn:aws:organizations::1:ou/o-1/ou-new",
        "name": "ou-new",
        "parent_id": "ou-1",
    }


def test_tags_that_may_not_be_read_are_decoration_unless_the_settings_select_by_them() -> None:
    def denied(ResourceId: str) -> Any:
        raise CallFailed("organizations:ListTagsForResource", "iam_deny", None, "no", "global")

    found = [member(f"{n:012}", State="ACTIVE", Paths=[f"o-1/r-1/{n:012}/"]) for n in range(1, 7)]
    answers = {"organizations:ListAccounts": found, "organizations:ListTagsForResource": denied}
    account = organization(answers)
    assert {row["tags"] for row in collect("organization_tree", account)["accounts"]} == {"{}"}
    assert [operation for operation, _ in account.asked].count("organizations:ListTagsForResource") == 3
    account.settings.include_tags = ["team=a"]
    with pytest.raises(CallFailed):
        collect("organization_tree", account)


def test_tree_walks_where_there_are_no_paths_and_falls_back_to_status() -> None:
    found = [member("000000000001", Status="ACTIVE"), member("000000000002", Status="SUSPENDED")]
    under = {"r-1": found[:1], "ou-1": found[1:]}
    account = organization(
        {"organizations:ListAccounts": found, "organizations:ListAccountsForParent": lambda ParentId: under[ParentId]}
    )
    rows = collect("organization_tree", account)["accounts"]
    assert [(a["parent_id"], a["state"]) for a in rows] == [("r-1", "ACTIVE"), ("ou-1", "SUSPENDED")]
    assert [operation for operation, _ in account.asked].count("organizations:ListAccountsForParent") == 2


def test_each_distinct_document_is_validated_once() -> None:
    policies = [
        {"document": '{"a":1}', "policy_type": "SERVICE_CONTROL_POLICY"},
        {"document": '{"a":1}', "policy_type": "SERVICE_CONTROL_POLICY"},
        {"document": '{"b":1}', "policy_type": "RESOURCE_CONTROL_POLICY"},
    ]
    finding = {"findingType": "WARNING", "issueCode": "c", "findingDetails": "d", "learnMoreLink": "l", "locations": []}
    validate = lambda policyDocument, policyType: [finding, finding] if "a" in policyDocument else []  # noqa: E731
    account = ScriptedAccount({"access-analyzer:ValidatePolicy": validate}, {"organization_policies": policies})
    rows = collect("policy_validations", account)["policy_validations"]
    assert len(account.asked) == 2
    assert [row["finding_type"] for row in rows] == ["WARNING", "WARNING", "NONE"]
    assert rows[2]["document_sha256"] == sha256(b'{"b":1}').hexdigest()
    assert rows[2]["issue_code"] is rows[2]["learn_more_link"] is None


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


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("password_policies", "iam:GetAccountPasswordPolicy"),
        ("organization_resource_policies", "organizations:DescribeResourcePolicy"),
        ("organization_features", "iam:ListOrganizationsFeatures"),
        ("alternate_contacts", "account:GetAlternateContact"),
    ],
)
def test_what_is_not_there_is_no_row(name: str, operation: str) -> None:
    assert collect(name, ScriptedAccount({operation: None})) == {name: []}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, (False, None)),
        ({"IssuerIdentifier": "https://x.example", "JwtVendingEnabled": True}, (True, "https://x.example")),
        ({"IssuerIdentifier": "https://x.example", "JwtVendingEnabled": False}, (False, "https://x.example")),
    ],
)
def test_outbound_federation_that_is_off_is_a_row_too(answer: Any, expected: tuple[bool, str | None]) -> None:
    account = ScriptedAccount({"iam:GetOutboundWebIdentityFederationInfo": answer})
    (row,) = collect("outbound_identity_federation", account)["outbound_identity_federation"]
    assert (row["is_enabled"], row["issuer_url"]) == expected


def test_controls_of_control_tower_say_whether_they_have_drifted() -> None:
    unit = "arn:aws:organizations::000000000001:ou/o-1/ou-1"
    control = {
        "arn": "arn:aws:controltower:us-east-1:000000000001:enabledcontrol/1",
        "controlIdentifier": "arn:aws:controltower:us-east-1::control/AWS-GR_CLOUDTRAIL_CHANGE_PROHIBITED",
        "targetIdentifier": unit,
    }
    told = {"statusSummary": {"status": "SUCCEEDED"}, "driftStatusSummary": {"driftStatus": "DRIFTED"}}
    listed = [control | told, control | {"arn": f"{control['arn']}2"}]
    rows = collect("enabled_controls", ScriptedAccount({"controltower:ListEnabledControls": listed}))
    assert [(r["target_identifier"], r["status"], r["drift_status"]) for r in rows["enabled_controls"]] == [
        (unit, "SUCCEEDED", "DRIFTED"),
        (unit, None, None),
    ]


def test_contacts_keep_no_name_and_no_number() -> None:
    contact = {"Name": "Ann", "Title": "CISO", "EmailAddress": "a@example.com", "PhoneNumber": "+1"}
    rows = collect(
        "alternate_contacts", ScriptedAccount({"account:GetAlternateContact": {"AlternateContact": contact}})
    )
    assert rows["alternate_contacts"][0] == {"account_id": MEMBER, "contact_type": "SECURITY", "email": "a@example.com"}


def test_only_users_with_a_certificate_are_asked_for_theirs() -> None:
    none = {
        "cert_1_active": False,
        "cert_1_last_rotated_at": None,
        "cert_2_active": False,
        "cert_2_last_rotated_at": None,
    }
    report = [
        none | {"user_name": "<root_account>", "cert_1_active": True},
        none | {"user_name": "inactive", "cert_2_last_rotated_at": PLAIN},
        none | {"user_name": "nobody"},
    ]
    found = [{"CertificateId": "c", "Status": "Inactive", "UploadDate": DAY}]
    account = ScriptedAccount({"iam:ListSigningCertificates": found}, {"credential_report": report})
    assert [row["user_name"] for row in collect("signing_certificates", account)["signing_certificates"]] == [
        "inactive"
    ]
    assert len(account.asked) == 1


def test_only_unused_and_internal_access_analyzers_are_asked_for_findings() -> None:
    kinds = ("ACCOUNT", "ORGANIZATION_UNUSED_ACCESS", "ACCOUNT_INTERNAL_ACCESS")
    analyzers = [{"analyzer_arn": kind, "analyzer_type": kind} for kind in kinds]
    found = [
        {
            "id": "f",
            "resourceType": "AWS::IAM::Role",
            "resourceOwnerAccount": MEMBER,
            "status": "ACTIVE",
            "createdAt": DAY,
            "updatedAt": DAY,
        }
    ]
    account = ScriptedAccount({"access-analyzer:ListFindingsV2": found}, {"analyzers": analyzers}, "eu-west-1")
    rows = collect("analyzer_findings", account)["analyzer_findings"]
    assert [row["analyzer_arn"] for row in rows] == list(kinds[1:])
    assert {row["region"] for row in rows} == {"eu-west-1"}
    assert all(params["filter"] == {"status": {"eq": ["ACTIVE"]}} for _, params in account.asked)


def test_with_whom_shares_are_shared_is_asked_where_there_are_any() -> None:
    arn = "arn:aws:ram:eu-central-1:111111111111:resource-share/a"
    answers = [{"resourceShareArn": arn, "id": "444455556666"}, {"resourceShareArn": arn, "id": "222222222222"}] * 2
    account = ScriptedAccount(
        {"ram:ListPrincipals": answers}, {"resource_shares": [{"share_arn": arn}]}, region="eu-central-1"
    )
    rows = collect("resource_share_principals", account)["resource_share_principals"]
    assert [(row["region"], row["share_arn"], row["principal"]) for row in rows] == [
        ("eu-central-1", arn, "222222222222"),
        ("eu-central-1", arn, "444455556666"),
    ]
    assert account.asked == [("ram:ListPrincipals", {"resourceOwner": "SELF"})]
    without = ScriptedAccount({}, {"resource_shares": []})
    assert collect("resource_share_principals", without) == {"resource_share_principals": []}
    assert without.asked == []


def test_repositories_and_keyspaces_but_for_those_of_aws() -> None:
    where = {"account_id": MEMBER, "region": "eu-west-1"}
    found = [{"repositoryName": "mirror", "repositoryId": "1"}]
    account = ScriptedAccount({"codecommit:ListRepositories": found}, region="eu-west-1")
    rows = collect("codecommit_repositories", account)["codecommit_repositories"]
    assert rows == [where | {"repository_name": "mirror"}]
    names = ("system", "system_schema_mcs", "orders", "systems")
    spaces = [{"keyspaceName": name, "resourceArn": f"arn:{name}"} for name in names]
    account = ScriptedAccount({"cassandra:ListKeyspaces": spaces}, region="eu-west-1")
    rows = collect("keyspaces", account)["keyspaces"]
    assert rows == [where | {"keyspace_name": name} for name in ("orders", "systems")]


def test_a_region_without_codecommit_has_no_repositories_and_a_denial_is_a_failure() -> None:
    def refuse(error_class: str) -> Any:
        def answer() -> Any:
            raise CallFailed("codecommit:ListRepositories", error_class, None, "", "eu-central-2")

        return ScriptedAccount({"codecommit:ListRepositories": answer}, region="eu-central-2")

    assert collect("codecommit_repositories", refuse("not_offered"))["codecommit_repositories"] == []
    with pytest.raises(CallFailed):
        collect("codecommit_repositories", refuse("not_supported"))
    with pytest.raises(CallFailed):
        collect("codecommit_repositories", refuse("iam_deny"))
