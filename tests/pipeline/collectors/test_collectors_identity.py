"""Collectors of Identity Center, Access Analyzer, the use of services, trails and buckets; and what they remember."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline import collectors
from pipeline.aws.failures import CallFailed
from pipeline.collect import run as collect_night
from pipeline.collect.memory import Memory
from pipeline.collectors import (
    _validations,
    organization_access_reports,
    permission_sets,
    service_last_accessed,
    trail_event_selectors,
)
from pipeline.night import Night
from pipeline.schema import Dataset, Row
from tests.conftest import Loopback
from tests.pipeline.collectors.test_collectors import MEMBER, ScriptedAccount

AS_OF = date(2026, 11, 20)
DAY = datetime(2026, 11, 20, 2, tzinfo=UTC)
PLAIN = datetime(2026, 11, 20, 2)
ARN = "arn:aws:access-analyzer:us-east-1:111111111111:analyzer/a"


class Remembering(ScriptedAccount):
    """An account with earlier nights, in every region."""

    def __init__(
        self,
        answers: dict[str, Any],
        rows: dict[str, list[Row]] | None = None,
        earlier: dict[str, list[Row]] | None = None,
        as_of: date = AS_OF,
    ) -> None:
        super().__init__(answers, rows, "us-east-1")
        self._earlier = earlier or {}
        self.memory = SimpleNamespace(as_of=as_of, once=lambda key, make: make())
        self.at: Callable[[str], Any] = lambda region: self

    def remembered(self, dataset: Dataset) -> list[Row]:
        return self._earlier.get(dataset.name, [])

    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]


def collect(name: str, account: ScriptedAccount) -> dict[str, list[Row]]:
    (collector,) = [c for c in collectors.discover() if c.name == name]
    rows = collector.collect(account)  # type: ignore[arg-type]
    for dataset in collector.datasets:
        dataset.table(rows[dataset.name])
    return rows


def refuse(error_class: str, operation: str = "s3:GetBucketPolicy") -> Callable[..., Any]:
    def answer(**params: Any) -> Any:
        raise CallFailed(operation, error_class, None, "denied", "us-east-1")

    return answer


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("PT1H", 3600),
        ("PT8H30M", 30600),
        ("P1DT1S", 86401),
        ("PT90M", 5400),
        ("P1D", 86400),
        ("P", None),
        ("PT", None),
        ("8 hours", None),
        ("", None),
    ],
)
def test_session_durations(period: str, expected: int | None) -> None:
    assert permission_sets.seconds(period) == expected


def instance(owner: str, arn: str = "arn:aws:sso:::instance/ssoins-1") -> dict[str, Any]:
    return {"InstanceArn": arn, "OwnerAccountId": owner, "IdentityStoreId": "d-1", "Status": "ACTIVE"}


def test_only_the_organization_s_own_instance_is_read() -> None:
    listed = [instance(MEMBER, "arn:aws:sso:::instance/ssoins-2"), instance("999999999999")]
    rows = {"organization": [{"management_account_id": "999999999999"}]}
    found = collect("organization_identity_center", Remembering({"sso:ListInstances": listed}, rows))
    (row,) = found["organization_identity_center"]
    assert (row["instance_arn"], row["home_region"]) == ("arn:aws:sso:::instance/ssoins-1", "us-east-1")


def test_an_instance_in_a_region_that_is_not_read_is_asked_for() -> None:
    def listed(RegionScope: str | None = None) -> list[dict[str, Any]]:
        return [instance("999999999999") | {"PrimaryRegion": "eu-north-1"}] if RegionScope else []

    rows = {"organization": [{"management_account_id": "999999999999"}]}
    found = collect("organization_identity_center", Remembering({"sso:ListInstances": listed}, rows))
    assert found["organization_identity_center"][0]["home_region"] == "eu-north-1"


def test_users_of_the_identity_store_leave_their_names_and_addresses_there() -> None:
    user = {
        "UserId": "u-1", "UserName": "ann", "UserStatus": "ENABLED", "DisplayName": "Ann Example",
        "Emails": [{"Value": "ann@example.com"}], "PhoneNumbers": [{"Value": "+49 30 1"}],
        "ExternalIds": [{"Issuer": "https://scim.example.com", "Id": "x-1"}],
    }  # fmt: skip
    rows = {"organization_identity_center": [{"identity_store_id": "d-1", "home_region": "us-east-1"}]}
    found = collect("identity_store_users", Remembering({"identitystore:ListUsers": [user, {"UserId": "u-2"}]}, rows))
    assert found["identity_store_users"] == [
        {
            "identity_store_id": "d-1",
            "user_id": "u-1",
            "user_name": "ann",
            "status": "ENABLED",
            "has_external_id": True,
        },
        {"identity_store_id": "d-1", "user_id": "u-2", "user_name": None, "status": None, "has_external_id": False},
    ]


def region(name: str, opt_status: str) -> Row:
    return {"account_id": MEMBER, "region_name": name, "opt_status": opt_status}


def test_a_region_closed_by_a_guardrail_is_a_row_and_no_failure() -> None:
    analyzer = {
        "analyzer_arn": ARN, "analyzer_type": "ACCOUNT", "status": "ACTIVE", "status_reason": None,
        "last_resource_analyzed_at": None, "name": "a",
    }  # fmt: skip
    unused = analyzer | {"analyzer_type": "ACCOUNT_UNUSED_ACCESS"}
    listed = [
        region("us-east-1", "ENABLED_BY_DEFAULT"),
        region("eu-west-1", "ENABLED"),
        region("me-south-1", "DISABLED"),
    ]
    account = Remembering({}, {"account_regions": listed, "analyzers": [analyzer, unused]})
    closed = Remembering({})
    closed.rows = lambda dataset: refuse("scp_deny")()  # type: ignore[method-assign]
    account.at = lambda name: account if name == "us-east-1" else closed
    account.closed_regions = frozenset({"eu-west-1"})
    rows = collect("external_analyzers", account)
    assert [(r["region_name"], r["is_closed"], r["error_class"]) for r in rows["external_analyzer_regions"]] == [
        ("us-east-1", False, None),
        ("eu-west-1", True, "scp_deny"),
    ]
    assert [r["analyzer_arn"] for r in rows["external_analyzers"]] == [ARN]
    met = dict.fromkeys(("iam_deny", "scp_deny", "token_refused", "clock_skew", "not_supported"), False)
    for error_class, is_closed in (met | {"region_disabled": True, "not_offered": True}).items():
        account.closed_regions = frozenset()
        closed.rows = lambda dataset, kind=error_class: refuse(kind)()  # type: ignore[misc]
        (_, denied) = collect("external_analyzers", account)["external_analyzer_regions"]
        assert (denied["is_closed"], denied["error_class"]) == (is_closed, error_class)
    closed.rows = lambda dataset: refuse("iam_deny")()  # type: ignore[method-assign]
    account.at = lambda name: closed
    with pytest.raises(CallFailed):
        collect("external_analyzers", account)


def finding(finding_id: str, updated_at: datetime = PLAIN) -> Row:
    return {
        "account_id": MEMBER, "region": "us-east-1", "analyzer_arn": ARN, "finding_id": finding_id,
        "updated_at": updated_at,
    }  # fmt: skip


def detail(finding_id: str, is_public: bool, updated_at: datetime = PLAIN) -> Row:
    rest = {"is_public": is_public, "principal": "{}", "actions": [], "condition": "{}", "rcp_restriction": None}
    return finding(finding_id, updated_at) | rest


def test_details_are_asked_for_new_changed_and_public_findings_only() -> None:
    def details(analyzerArn: str, id: str) -> list[dict[str, Any]]:
        if id == "gone":
            return []
        given = {"isPublic": id == "public", "principal": {"AWS": "*"}, "action": ["s3:GetObject"], "condition": {}}
        return [{"findingDetails": [{"externalAccessDetails": given}]}]

    earlier = [detail("known", False), detail("changed", False, PLAIN - timedelta(days=1)), detail("public", True)]
    account = Remembering(
        {"access-analyzer:GetFindingV2": details},
        {
            "external_findings": [
                finding(name) | {"resource": None} for name in ("known", "changed", "public", "new", "gone")
            ]
        },
        {"external_finding_details": earlier},
    )
    rows = collect("external_finding_details", account)["external_finding_details"]
    assert [params["id"] for _, params in account.asked] == ["changed", "public", "new", "gone"]
    assert [(row["finding_id"], row["is_public"]) for row in rows] == [
        ("known", False),
        ("changed", False),
        ("public", True),
        ("new", False),
    ]


def test_documents_are_validated_once_and_remembered_until_they_are_old() -> None:
    policy = {"arn": f"arn:aws:iam::{MEMBER}:policy/p", "document": "[1]"}
    rows = {
        "policies": [policy, policy | {"arn": "arn:aws:iam::aws:policy/p", "document": "[2]"}],
        "inline_policies": [{"document": "[1]"}],
        "roles": [
            {"path": "/", "trust_document": "[1]"},
            {"path": "/aws-service-role/a.amazonaws.com/", "trust_document": "[3]"},
        ],
    }
    answers = {"access-analyzer:ValidatePolicy": []}
    first = Remembering(answers, rows)
    found = collect("document_validations", first)["document_validations"]
    assert [params["policyType"] for _, params in first.asked] == ["IDENTITY_POLICY", "RESOURCE_POLICY"]
    assert first.asked[1][1]["validatePolicyResourceType"] == "AWS::IAM::AssumeRolePolicyDocument"
    assert {row["document_sha256"] for row in found} == {sha256(b"[1]").hexdigest()}
    second = Remembering(answers, rows, {"document_validations": found}, AS_OF + timedelta(days=1))
    assert collect("document_validations", second)["document_validations"] == found
    assert second.asked == []
    old = Remembering(answers, rows, {"document_validations": found}, AS_OF + timedelta(days=28))
    assert {row["validated_on"] for row in collect("document_validations", old)["document_validations"]} == {
        AS_OF + timedelta(days=28)
    }


def test_an_account_keeps_its_own_answer_whoever_asks_first(tmp_path: Path) -> None:
    answers: dict[str, Any] = {"access-analyzer:ValidatePolicy": []}
    tomorrow = AS_OF + timedelta(days=1)
    rows: dict[str, list[Row]] = {"policies": [], "inline_policies": [{"document": "[1]"}], "roles": []}
    found = collect("document_validations", Remembering(answers, rows))["document_validations"]
    newcomer = Remembering(answers, rows, as_of=tomorrow)
    known = Remembering(answers, rows, {"document_validations": found}, tomorrow)
    newcomer.memory = known.memory = Memory(Night(tmp_path, tomorrow))  # type: ignore[assignment]
    (asked,) = collect("document_validations", newcomer)["document_validations"]
    assert asked["validated_on"] == tomorrow
    assert collect("document_validations", known)["document_validations"] == found
    assert known.asked == []


def test_documents_come_of_age_in_the_fourth_week() -> None:
    digests = [sha256(str(n).encode()).hexdigest() for n in range(200)]
    due = [sum(_validations.is_due(d, AS_OF, AS_OF + timedelta(days=n)) for d in digests) for n in range(20, 29)]
    assert due[:1] == [0]
    assert due[-2:] == [200, 200]
    assert due == sorted(due)
    assert 0 < due[1] < 100


def principals(document: str = "{}", boundary: str | None = None) -> dict[str, list[Row]]:
    user = {
        "user_name": "ann", "user_id": "AIDA1", "arn": f"arn:aws:iam::{MEMBER}:user/ann", "group_names": ["g"],
        "permissions_boundary_arn": boundary,
    }  # fmt: skip
    role = {
        "role_name": "r", "role_id": "AROA1", "arn": f"arn:aws:iam::{MEMBER}:role/r", "path": "/",
        "permissions_boundary_arn": None,
    }  # fmt: skip
    kept = role | {"arn": f"arn:aws:iam::{MEMBER}:role/k", "path": "/aws-service-role/x.amazonaws.com/"}
    attached = {"principal_type": "group", "principal_name": "g", "policy_arn": "p"}
    return {
        "users": [user],
        "roles": [role, kept],
        "policies": [{"arn": "p", "document": document}],
        "policy_attachments": [attached],
        "inline_policies": [],
    }


ACCESSED = {
    "JobStatus": "COMPLETED",
    "ServicesLastAccessed": [
        {
            "ServiceNamespace": "s3",
            "LastAuthenticated": DAY,
            "LastAuthenticatedRegion": "eu-west-1",
            "TrackedActionsLastAccessed": [
                {"ActionName": "CreateBucket", "LastAccessedTime": DAY},
                {"ActionName": "DeleteBucket"},
            ],
        },
        {"ServiceNamespace": "sqs"},
    ],
}
LAST_ACCESSED = {
    "iam:GenerateServiceLastAccessedDetails": lambda Arn, Granularity: {"JobId": f"job of {Arn}"},
    "iam:GetServiceLastAccessedDetails": ACCESSED,
}


def quiet_night(arns: list[str], read_on: date) -> date:
    """A night on which it is none of these principals' turn."""
    nights = (read_on + timedelta(days=n) for n in range(1, 7))
    return next(n for n in nights if not any(service_last_accessed.is_due(arn, read_on, n) for arn in arns))


def test_use_of_services_is_asked_for_once_and_again_when_permissions_change() -> None:
    first = Remembering(LAST_ACCESSED, principals())
    found = collect("service_last_accessed", first)
    arns = [row["arn"] for row in found["last_accessed_reads"]]
    assert arns == [f"arn:aws:iam::{MEMBER}:role/r", f"arn:aws:iam::{MEMBER}:user/ann"]
    assert [(s["service"], s["last_accessed_at"]) for s in found["service_last_accessed"]][:2] == [
        ("s3", PLAIN),
        ("sqs", None),
    ]
    later = quiet_night(arns, AS_OF)
    same = Remembering(LAST_ACCESSED, principals(), found, later)
    assert collect("service_last_accessed", same) == found
    assert same.asked == []
    for changed in (principals("[1]"), principals(boundary="b")):
        account = Remembering(LAST_ACCESSED, changed, found, later)
        rows = collect("service_last_accessed", account)["last_accessed_reads"]
        assert [params.get("Arn") for _, params in account.asked if "Arn" in params] == arns[1:]
        assert {row["arn"]: row["read_on"] for row in rows} == {arns[0]: AS_OF, arns[1]: later}


def test_actions_are_landed_where_they_were_used_and_tracked_ones_once_an_account() -> None:
    first = Remembering(LAST_ACCESSED, principals())
    found = collect("service_last_accessed", first)
    assert {params["Granularity"] for _, params in first.asked if "Granularity" in params} == {"ACTION_LEVEL"}
    role, user = (row["arn"] for row in found["last_accessed_reads"])
    assert [(row["arn"], row["service"], row["action"]) for row in found["action_last_accessed"]] == [
        (role, "s3", "CreateBucket"),
        (user, "s3", "CreateBucket"),
    ]
    (tracked,) = found["tracked_actions"]
    assert (tracked["service"], tracked["actions"]) == ("s3", ["CreateBucket", "DeleteBucket"])
    unused = {"JobStatus": "COMPLETED", "ServicesLastAccessed": [{"ServiceNamespace": "s3"}]}
    answers = LAST_ACCESSED | {"iam:GetServiceLastAccessedDetails": unused}
    later = collect("service_last_accessed", Remembering(answers, principals("[1]"), found, quiet_night([role], AS_OF)))
    assert [row["arn"] for row in later["action_last_accessed"]] == [role]
    assert later["tracked_actions"] == found["tracked_actions"]


def test_a_report_of_services_alone_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_last_accessed, "GRANULARITY", "SERVICE_LEVEL")
    found = collect("service_last_accessed", Remembering(LAST_ACCESSED, principals()))
    monkeypatch.undo()
    arns = [row["arn"] for row in found["last_accessed_reads"]]
    again = Remembering(LAST_ACCESSED, principals(), found, quiet_night(arns, AS_OF))
    collect("service_last_accessed", again)
    assert [params["Arn"] for _, params in again.asked if "Arn" in params] == arns


def test_every_principal_has_its_night_in_seven() -> None:
    arns = [f"arn:aws:iam::{MEMBER}:role/{n}" for n in range(140)]
    nights = [AS_OF + timedelta(days=n) for n in range(1, 8)]
    due = Counter(night for arn in arns for night in nights[:-1] if service_last_accessed.is_due(arn, AS_OF, night))
    assert all(service_last_accessed.is_due(arn, AS_OF, nights[-1]) for arn in arns)
    assert max(due.values()) < 40


def test_reports_are_waited_for_and_paged(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("pipeline.collectors._jobs.time.sleep", pauses.append)
    waiting = [{"JobStatus": "IN_PROGRESS", "ServicesLastAccessed": []}] * 2

    def get(JobId: str, MaxItems: int, Marker: str | None = None) -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        return ACCESSED if Marker else ACCESSED | {"IsTruncated": True, "Marker": "2"}

    alone = principals() | {"users": []}
    account = Remembering(LAST_ACCESSED | {"iam:GetServiceLastAccessedDetails": get}, alone)
    rows = collect("service_last_accessed", account)
    assert pauses == [0.5, 1.0]
    assert len(rows["service_last_accessed"]) == 4


def test_reports_are_waited_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("pipeline.collectors._jobs.time.sleep", pauses.append)
    asked: Counter[str] = Counter()

    def get(JobId: str, MaxItems: int) -> dict[str, Any]:
        asked[JobId] += 1
        return ACCESSED if asked[JobId] == 2 else {"JobStatus": "IN_PROGRESS", "ServicesLastAccessed": []}

    jobs = {
        "iam:GenerateServiceLastAccessedDetails": lambda Arn, Granularity: {"JobId": Arn},
        "iam:GetServiceLastAccessedDetails": get,
    }
    collect("service_last_accessed", Remembering(LAST_ACCESSED | jobs, principals()))
    assert len(asked) > 1
    assert set(asked.values()) == {2}
    assert pauses == [0.5]


def test_a_report_that_aws_cannot_make_is_asked_for_again_the_next_night() -> None:
    failed = {"JobStatus": "FAILED", "Error": {"Message": "too much", "Code": "x"}}
    account = Remembering(LAST_ACCESSED | {"iam:GetServiceLastAccessedDetails": failed}, principals())
    found = collect("service_last_accessed", account)
    assert {(row["status"], row["message"]) for row in found["last_accessed_reads"]} == {("FAILED", "too much")}
    again = Remembering(LAST_ACCESSED, principals(), found, AS_OF + timedelta(days=1))
    assert {row["status"] for row in collect("service_last_accessed", again)["last_accessed_reads"]} == {"COMPLETED"}


def test_a_report_that_never_comes_and_a_principal_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.collectors._jobs.time.sleep", lambda seconds: None)
    waiting = {"JobStatus": "IN_PROGRESS", "ServicesLastAccessed": []}
    with pytest.raises(CallFailed, match="timeout"):
        collect(
            "service_last_accessed",
            Remembering(LAST_ACCESSED | {"iam:GetServiceLastAccessedDetails": waiting}, principals()),
        )
    gone = Remembering({"iam:GenerateServiceLastAccessedDetails": None}, principals())
    assert not any(collect("service_last_accessed", gone).values())


def test_a_generated_policy_is_asked_for_once() -> None:
    jobs = [
        {"job_id": job_id, "principal_arn": f"arn:aws:iam::{MEMBER}:role/r", "status": status, "completed_at": PLAIN}
        for job_id, status in (("1", "SUCCEEDED"), ("2", "FAILED"), ("3", "SUCCEEDED"))
    ]
    policy = '{"Version": "2012-10-17", "Statement": []}'
    result = {"properties": {"isComplete": True}, "generatedPolicies": [{"policy": policy}]}
    answers = {"access-analyzer:GetGeneratedPolicy": {"generatedPolicyResult": result}}
    first = Remembering(answers, {"policy_generations": jobs[:2]})
    found = collect("generated_policies", first)
    assert [(row["job_id"], row["policies"]) for row in found["generated_policies"]] == [
        ("1", [policy.replace(" ", "")])
    ]
    second = Remembering(answers, {"policy_generations": jobs}, found)
    assert [row["job_id"] for row in collect("generated_policies", second)["generated_policies"]] == ["1", "3"]
    assert [params["jobId"] for _, params in second.asked] == ["3"]
    assert not second.asked[0][1]["includeResourcePlaceholders"]


def test_units_are_named_by_their_path() -> None:
    rows = {
        "organization": [{"organization_id": "o-1"}],
        "organization_roots": [{"root_id": "r-1", "arn": "root"}],
        "organizational_units": [
            {"ou_id": "ou-2", "arn": "two", "parent_id": "ou-1"},
            {"ou_id": "ou-1", "arn": "one", "parent_id": "r-1"},
        ],
    }
    assert organization_access_reports.paths(Remembering({}, rows)) == {  # type: ignore[arg-type]
        "r-1": ("root", "o-1/r-1"),
        "ou-1": ("one", "o-1/r-1/ou-1"),
        "ou-2": ("two", "o-1/r-1/ou-1/ou-2"),
    }


def basic(kind: str, has_management: bool = True) -> dict[str, Any]:
    return {"EventSelectors": [{"ReadWriteType": kind, "IncludeManagementEvents": has_management}]}


def advanced(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"AdvancedEventSelectors": [{"FieldSelectors": list(fields)}]}


MANAGEMENT, DATA = ({"Field": "eventCategory", "Equals": [kind]} for kind in ("Management", "Data"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({}, "None"),
        (basic("All"), "All"),
        (basic("WriteOnly"), "WriteOnly"),
        (basic("All", has_management=False), "None"),
        (advanced(MANAGEMENT), "All"),
        (advanced(DATA), "None"),
        (advanced(MANAGEMENT, {"Field": "readOnly", "Equals": ["true"]}), "ReadOnly"),
        (advanced(MANAGEMENT, {"Field": "readOnly", "Equals": ["false"]}), "WriteOnly"),
        (basic("ReadOnly") | advanced(MANAGEMENT, {"Field": "readOnly", "Equals": ["false"]}), "All"),
    ],
)
def test_management_events(answer: dict[str, Any], expected: str) -> None:
    assert trail_event_selectors.management_events(answer) == expected


def test_what_rolecall_asked_is_no_sign_of_practice() -> None:
    def event(**record: Any) -> dict[str, Any]:
        return {"EventTime": DAY, "CloudTrailEvent": str(record).replace("'", '"')}

    issuer = {"sessionContext": {"sessionIssuer": {"userName": "Reader"}}}
    seen = {
        "ValidatePolicy": {"Events": [event(userIdentity=issuer), event(userAgent="Boto3 rolecall")], "NextToken": "n"},
        "CheckNoNewAccess": {"Events": [event(userAgent="aws-cli"), {"EventTime": DAY}]},
    }
    lookup = lambda LookupAttributes, **_: seen.get(LookupAttributes[0]["AttributeValue"], {"Events": []})  # noqa: E731
    account = Remembering({"cloudtrail:LookupEvents": lookup})
    rows = collect("validation_events", account)["validation_events"]
    assert len(account.asked) == 4
    assert [(r["event_name"], r["uses"], r["is_complete"]) for r in rows][:2] == [
        ("ValidatePolicy", 0, False),
        ("CheckNoNewAccess", 2, True),
    ]
    assert account.asked[0][1]["EndTime"] - account.asked[0][1]["StartTime"] == timedelta(days=90)


def test_a_bucket_that_denies_is_a_row_and_an_account_that_denies_a_failure() -> None:
    buckets = {"buckets": [{"bucket": name, "bucket_region": "us-east-1"} for name in ("open", "sealed", "plain")]}

    def policy(Bucket: str) -> Any:
        return {"open": {"Policy": '{"Statement": []}'}, "plain": None}[Bucket] if Bucket != "sealed" else denied()

    denied = refuse("iam_deny")
    rows = collect("bucket_policies", Remembering({"s3:GetBucketPolicy": policy}, buckets))["bucket_policies"]
    assert [(row["bucket"], row["document"], row["error_class"]) for row in rows] == [
        ("open", '{"Statement":[]}', None),
        ("sealed", None, "iam_deny"),
        ("plain", None, None),
    ]
    with pytest.raises(CallFailed):
        collect("bucket_policies", Remembering({"s3:GetBucketPolicy": denied}, buckets))


def test_memory_is_of_the_last_night_on_which_the_extract_finished(aws: Loopback, tmp_path: Path) -> None:
    settings = aws.settings(tmp_path, include_ous=["Policy Staging"])
    first = Night(tmp_path, aws.nights[0])
    plan = collected(settings, first)
    (account_id,) = plan.shards[0]
    aws.faults({"account": account_id, "service": "s3", "kind": "deny"})
    collected(settings, first.on(first.as_of + timedelta(days=1)))
    datasets = collectors.datasets()
    memory = Memory(first.on(first.as_of + timedelta(days=2)))
    remembered = memory.rows(datasets["bucket_policies"], account_id, "global")
    assert [row["bucket"] for row in remembered] == ["halden-policy-staging-data"]
    assert remembered[0].keys() == {column.name for column in datasets["bucket_policies"].columns}
    assert memory.rows(datasets["analyzers"], account_id, "us-east-1") == []
    assert memory.rows(datasets["bucket_policies"], "0" * 12, "global") == []
    assert Memory(first).rows(datasets["bucket_policies"], account_id, "global") == []


def test_what_is_made_once_a_worker_is_made_again_after_a_failure(tmp_path: Path) -> None:
    memory, tries = Memory(Night(tmp_path, AS_OF)), []

    def make() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise CallFailed("x:Y", "throttled", None, "slow down", "global")
        return len(tries)

    with pytest.raises(CallFailed):
        memory.once("key", make)
    assert [memory.once("key", make) for _ in range(3)] == [2, 2, 2]


def collected(settings: Any, night: Night) -> collect_night.Plan:
    plan = collect_night.plan(settings, night)
    for index in range(len(plan.shards)):
        collect_night.collect_shard(settings, plan, index)
    collect_night.commit(settings, plan)
    return plan


BUDGETED = (
    "accessanalyzer:ValidatePolicy",
    "accessanalyzer:GetFindingV2",
    "iam:GenerateServiceLastAccessedDetails",
    "iam:GetServiceLastAccessedDetails",
    "iam:GenerateOrganizationsAccessReport",
    "iam:GetOrganizationsAccessReport",
)


@pytest.mark.slow
def test_a_second_night_asks_a_fifth_of_the_first(
    aws: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On an organization that has not changed, counted at the server."""
    monkeypatch.setattr("pipeline.collectors._jobs.FIRST_PAUSE_SECONDS", 0.01)
    settings = aws.settings(tmp_path, include_ous=["Security", "Workloads/NonProd", "Policy Staging"])
    asked: list[Counter[str]] = []
    for day in range(2):
        aws._ask("DELETE", "calls")
        collected(settings, aws.nights[0] + timedelta(days=day))
        counted: Counter[str] = Counter()
        for (_, operation), count in aws.calls().items():
            counted[operation] += count
        asked.append(counted)
    first, second = asked
    assert all(first[operation] > 10 for operation in BUDGETED)
    assert second["accessanalyzer:ValidatePolicy"] == 0
    assert sum(second[o] for o in BUDGETED) * 5 <= sum(first[o] for o in BUDGETED)
