"""The three lists: who gets in by a resource's policy alone, what is waited for in words, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.policy import Policy
from pipeline.policy.document import Condition
from pipeline.questions import given, words
from pipeline.questions.answers import Answer, who_can
from pipeline.questions.published import Published
from pipeline.questions.resources import NO_POLICY, Resource, any_resource, resource
from pipeline.questions.who_can import Question
from pipeline.settings import Refused
from tests.pipeline.questions.world import DARK, ONE, TWO, VENDOR
from tests.sql.harness import MANAGEMENT

BUCKET = "arn:aws:s3:::gamma/x"
ROLE = f"arn:aws:iam::{MANAGEMENT}:role/r1"


def ask(night: Published, action: str, arn: str, statement: dict[str, Any], **known: str) -> Answer:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **statement}]}
    policy = Policy.read("bucket policy of gamma", document, "trust" if action.startswith("sts:") else "resource")
    keys = given.given(f"{key}={value}" for key, value in known.items())
    return who_can(night, Question(action, Resource(arn, MANAGEMENT, policy), keys))


def by_kind(answer: Answer, *kinds: str) -> dict[str, tuple[str, ...]]:
    lists = {"may": answer.may, "conditional": answer.conditional, "unknown": answer.unknown}
    return {
        found.who.name: (name, *(wait.sentence for wait in found.waits), *([found.note] if found.note else []))
        for name, members in lists.items()
        for found in members
        if found.who.kind in kinds
    }


def test_services_federated_subjects_and_strangers_are_callers_too(night: Published) -> None:
    github = f"arn:aws:iam::{MANAGEMENT}:oidc-provider/token.actions.githubusercontent.com"
    web = ask(
        night, "sts:AssumeRoleWithWebIdentity", ROLE,
        {"Principal": {"Federated": github},
         "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/app:*"}}},
    )  # fmt: skip
    sentence = "only if token.actions.githubusercontent.com:sub is like repo:acme/app:*"
    assert by_kind(web, "federated") == {github: ("conditional", sentence)}
    service = {"Principal": {"Service": "lambda.amazonaws.com"}}
    note = "the policy does not say for whom the service may act"
    assert by_kind(ask(night, "sts:AssumeRole", ROLE, service), "service") == {"lambda.amazonaws.com": ("may", note)}
    confined = service | {"Condition": {"StringEquals": {"aws:SourceAccount": MANAGEMENT}}}
    assert by_kind(ask(night, "sts:AssumeRole", ROLE, confined), "service") == {"lambda.amazonaws.com": ("may",)}
    vendor = {"Principal": {"AWS": VENDOR}}
    assert by_kind(ask(night, "sts:AssumeRole", ROLE, vendor), "stranger") == {VENDOR: ("may",)}
    with_id = vendor | {"Condition": {"StringEquals": {"sts:ExternalId": "42"}}}
    sentence = "only if the external id in the request is 42"
    assert by_kind(ask(night, "sts:AssumeRole", ROLE, with_id), "stranger") == {VENDOR: ("conditional", sentence)}
    known = by_kind(ask(night, "sts:AssumeRole", ROLE, with_id, **{"external-id": "42"}), "stranger")
    assert known == {VENDOR: ("may",)}
    assert by_kind(ask(night, "sts:AssumeRole", ROLE, with_id, **{"external-id": "7"}), "stranger") == {}


def test_what_a_bucket_gives_to_anyone_may_be_blocked(night: Published) -> None:
    answer = ask(night, "s3:GetObject", BUCKET, {"Principal": "*", "Resource": "*"})
    assert by_kind(answer, "stranger") == {"anyone": ("unknown",)}
    (found,) = [each for each in answer.unknown if each.who.kind == "stranger"]
    assert "Block Public Access" in found.unknown[0]


def test_a_resource_control_policy_keeps_strangers_out(night: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example"}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": inside}
    rcp = Policy.read("perimeter", {"Version": "2012-10-17", "Statement": [statement]}, "rcp")
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "s3:GetObject", "Resource": "*"}]}  # fmt: skip
    place = Resource("arn:aws:s3:::plain/x", ONE, Policy.read("p", policy, "resource"))
    question = Question("s3:GetObject", place, {})
    monkeypatch.setattr(night, "rcp_levels", lambda account: None)
    assert by_kind(who_can(night, question), "stranger") == {VENDOR: ("may",)}
    monkeypatch.setattr(night, "rcp_levels", lambda account: ((rcp,),))
    assert by_kind(who_can(night, question), "stranger") == {}


def test_an_account_that_was_not_read_is_not_known_where_it_matters(night: Published) -> None:
    named = {"Principal": {"AWS": f"arn:aws:iam::{DARK}:role/unseen"}, "Resource": "*"}
    accounts = [
        each.who.account for each in ask(night, "s3:GetObject", BUCKET, named).unknown if each.who.kind == "account"
    ]
    assert accounts == [DARK]
    of_vendor = {"Principal": {"AWS": VENDOR}, "Resource": "*"}
    unknown = ask(night, "s3:GetObject", BUCKET, of_vendor).unknown
    assert not [each for each in unknown if each.who.kind == "account"]
    anywhere = who_can(night, Question("s3:ListAllMyBuckets", any_resource(night, DARK), {}))
    assert [(each.who.account, "sts:AssumeRole failed" in each.unknown[0]) for each in anywhere.unknown] == [
        (DARK, True)
    ]


def test_a_role_that_could_not_be_read_may_be_one_of_them(night: Published) -> None:
    whole = {"Principal": {"AWS": TWO}, "Resource": "*"}
    unknown = [each for each in ask(night, "s3:GetObject", BUCKET, whole).unknown if each.who.kind == "account"]
    assert [(each.who.account, "role/odd of roles" in each.unknown[0]) for each in unknown] == [(TWO, True)]


def test_a_policy_that_is_not_collected_leaves_all_unknown(night: Published) -> None:
    queue = resource(night, "sqs:SendMessage", f"arn:aws:sqs:eu-central-1:{MANAGEMENT}:jobs")
    answer = who_can(night, Question("sqs:SendMessage", queue, {}))
    assert (answer.may, answer.conditional) == ((), ())
    assert any(each.by_own_policies for each in answer.unknown)
    assert "whoever its policy names" in {each.who.name for each in answer.unknown}
    refused = resource(night, "s3:GetObject", "arn:aws:s3:::refused/x")
    assert refused.unread == "s3:GetBucketPolicy failed (iam_deny): Access Denied"


def test_the_owner_is_never_assumed(night: Published) -> None:
    for arn, words_of in (
        ("arn:aws:s3:::nobodys/x", "whose is the bucket nobodys"),
        ("arn:aws:sqs:::x", "whose is"),
        ("queue", "not an ARN"),
        (f"arn:aws:iam::{MANAGEMENT}:role/none", "there is no role"),
    ):
        with pytest.raises(Refused, match=words_of):
            resource(night, "s3:GetObject", arn)
    with pytest.raises(Refused, match="has no bucket nobodys"):
        resource(night, "s3:GetObject", "arn:aws:s3:::nobodys/x", ONE)
    with pytest.raises(Refused, match="of account 1"):
        resource(night, "s3:GetObject", "arn:aws:s3:::alpha/x", MANAGEMENT)
    elsewhere = resource(night, "s3:GetObject", "arn:aws:s3:::theirs/x", VENDOR)
    assert (elsewhere.policy, elsewhere.unread) == (None, f"account {VENDOR} is not in the organization")
    assert resource(night, "s3:GetObject", "arn:aws:s3:::plain/x").policy is NO_POLICY
    (note,) = resource(night, "s3:ListBucket", "arn:aws:s3:::plain/x").notes
    assert note.startswith("s3:ListBucket acts on ")


def test_what_is_known_of_a_request() -> None:
    assert given.given(["mfa=yes", "ip=10.0.0.1", "aws:TagKeys=a", "aws:TagKeys=b"]) == {
        "aws:MultiFactorAuthPresent": ("true",),
        "aws:SourceIp": ("10.0.0.1",),
        "aws:TagKeys": ("a", "b"),
    }
    assert given.given(["mfa=no"]) == {"aws:MultiFactorAuthPresent": (), "aws:MultiFactorAuthAge": ()}
    assert given.action_of("S3:getobject") == "s3:GetObject"
    for wrong in ("mfa", "nonsense=1"):
        with pytest.raises(Refused, match="--when"):
            given.given([wrong])
    for wrong in ("s3:Get*", "s3", ":x"):
        with pytest.raises(Refused, match="name one action"):
            given.action_of(wrong)


ENDPOINT, REGION = "the VPC endpoint that the request comes through", "the Region that is called"
IP, TAG, MANY = "the address that the request comes from", "the resource's tag T", "1 or 2 or 3 or 2 others"
MFA, SIGNED, SILENT = "aws:MultiFactorAuthPresent", "the caller signed in with MFA", ", or the request does not say"


@pytest.mark.parametrize(
    ("operator", "key", "values", "clause", "opposite"),
    [
        ("StringEquals", "aws:SourceVpce", ("v",), f"{ENDPOINT} is v", f"{ENDPOINT} is not v{SILENT}"),
        (
            "StringNotEquals",
            "aws:RequestedRegion",
            ("a", "b"),
            f"{REGION} is not a or b{SILENT}",
            f"{REGION} is a or b",
        ),
        ("Bool", MFA, ("false",), f"it is not so that {SIGNED}", f"{SIGNED}{SILENT}"),
        ("Bool", "ec2:IsNew", ("true",), "ec2:IsNew is true", f"ec2:IsNew is not true{SILENT}"),
        ("Null", "aws:X", ("true",), "the request does not carry aws:X", "the request carries aws:X"),
        ("IpAddress", "aws:SourceIp", ("10.0.0.0/8",), f"{IP} is in 10.0.0.0/8", f"{IP} is not in 10.0.0.0/8{SILENT}"),
        (
            "StringLike",
            "aws:ResourceTag/T",
            tuple("12345"),
            f"{TAG} is like {MANY}",
            f"{TAG} is not like {MANY}{SILENT}",
        ),
    ],
)
def test_conditions_in_words(operator: str, key: str, values: tuple[str, ...], clause: str, opposite: str) -> None:
    condition = Condition(operator, "", False, key, values)
    assert (words.in_words(condition), words.in_words(condition, opposite=True)) == (clause, opposite)
