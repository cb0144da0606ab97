"""Policies before they are merged: what is found in files, what is said of it, and what is not known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from pipeline.policy import Organization
from pipeline.questions import formats
from pipeline.questions.new_rights import new_access, not_granted
from pipeline.questions.pieces import Piece, pieces
from pipeline.questions.rules import RULES, remarks, together
from pipeline.questions.unresolved import mark, taken
from pipeline.settings import Refused

OWN, PARTNER = "0" * 12, "210987000111"
INSIDE = Organization(OWN)
TEMPLATE = """
Parameters: {Vendor: {Type: String}}
Resources:
  Data: {Type: AWS::S3::Bucket}
  Deploy:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          Effect: Allow
          Principal: {AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'}
          Action: sts:AssumeRole
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: s3:GetObject, Resource: !Sub '${Data.Arn}/${!aws:username}/*'}]
        - PolicyName: build
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: [lambda:CreateFunction, lambda:InvokeFunction], Resource: '*'}]
        - PolicyName: pass
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              Effect: Allow
              Action: iam:PassRole
              Resource: !Join ['', ['arn:aws:iam::', !Ref AWS::AccountId, ':role/*']]
  Partner:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: {Effect: Allow, Principal: {AWS: !Ref Vendor}, Action: sts:AssumeRole}
  Open:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Data
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: '*', Action: s3:GetObject, Resource: !Sub '${Data.Arn}/*'}]
  Guard:
    Type: AWS::Organizations::Policy
    Properties:
      Type: SERVICE_CONTROL_POLICY
      Content: {Version: '2012-10-17', Statement: [{Effect: Deny, Action: 'organizations:Leave*', Resource: '*'}]}
  Elsewhere:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: !Ref Text}
"""


def statement(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | more


def piece(*statements: Any, kind: str = "identity") -> Piece:
    from pipeline.questions.unresolved import marks

    source = {"Version": "2012-10-17", "Statement": list(statements)}
    return Piece(Path("p.json"), 1, "", "p", kind, source, tuple(marks(source)))


def rules(one: Piece, inside: Organization = INSIDE) -> set[str]:
    return {remark.rule for remark in remarks(one, inside)}


def write(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


# -- what is found


def test_every_policy_of_a_template_is_found_with_its_place(tmp_path: Path) -> None:
    found = pieces(write(tmp_path, "t.yaml", TEMPLATE))
    assert [(one.where, one.kind, one.called, one.line) for one in found] == [
        ("Deploy", "trust", "", 5),
        ("Deploy", "identity", "read", 5),
        ("Deploy", "identity", "build", 5),
        ("Deploy", "identity", "pass", 5),
        ("Partner", "trust", "", 30),
        ("Open", "resource", "", 36),
        ("Guard", "scp", "", 43),
        ("Elsewhere", "identity", "", 48),
    ]
    said = {one.where + one.called: rules(one) for one in found}
    assert said == {
        "Deploy": set(),
        "Deployread": set(),
        "Deploybuild": set(),
        "Deploypass": {"pass-role-unscoped"},
        "Partner": {"not-known"},
        "Open": {"public"},
        "Guard": set(),
        "Elsewhere": {"not-known"},
    }
    assert [remark.rule for remark in together(found)] == ["escalation"]
    in_json = write(tmp_path, "t.json", {"Resources": {"R": {"Type": "AWS::IAM::Policy", "Properties": {
        "PolicyName": "own",
        "PolicyDocument": {"Statement": [statement(Resource={"Fn::GetAtt": ["Q", "Arn"]})]}}}}})  # fmt: skip
    assert [(one.called, one.unresolved) for one in pieces(in_json)] == [("own", ("!GetAtt Q.Arn",))]


def plan(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": list(changes), **more}


def change(address: str, after: dict[str, Any], unknown: dict[str, Any] | None = None, *actions: str) -> dict[str, Any]:
    made = {"actions": list(actions) or ["create"], "after": after, "after_unknown": unknown or {}}
    return {"address": address, "mode": "managed", "type": address.split(".")[-2], "change": made}


def test_every_policy_of_a_plan_is_found(tmp_path: Path) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement(Action="*")]})
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": PARTNER}, "Action": "sts:AssumeRole"}]})  # fmt: skip
    made = plan(
        change("aws_iam_policy.own", {"name": "own", "policy": document}),
        change("module.x.aws_iam_role.r", {"name": "r", "assume_role_policy": trust}, {"inline_policy": True}),
        change("aws_sqs_queue_policy.q", {}, {"policy": True}),
        change("aws_kms_key.default", {}, {"policy": True}),
        change("aws_organizations_policy.scp", {"name": "stay", "type": "SERVICE_CONTROL_POLICY", "content": document}),
        change("aws_iam_policy.gone", {"policy": document}, None, "delete"),
        change("aws_iam_role_policy_attachment.a", {"policy_arn": "arn:aws:iam::aws:policy/X"}),
        configuration={"root_module": {
            "resources": [
                {"address": "aws_sqs_queue_policy.q", "expressions": {"policy": {}}},
                {"address": "aws_kms_key.default", "expressions": {}},
            ],
            "module_calls": {
                "x": {"module": {"resources": [{"address": "aws_iam_role.r", "expressions": {"name": {}}}]}}
            },
        }},
    )  # fmt: skip
    found = pieces(write(tmp_path, "plan.json", made))
    assert [(one.where, one.kind, one.called, one.source is None) for one in found] == [
        ("aws_iam_policy.own", "identity", "own", False),
        ("module.x.aws_iam_role.r", "trust", "r", False),
        ("aws_sqs_queue_policy.q", "resource", "", True),
        ("aws_organizations_policy.scp", "scp", "stay", False),
    ]
    said = [sorted(rules(one)) for one in found]
    assert said == [["admin"], ["outside-access"], ["not-known"], []]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.json", '{"Statement": [', "a.json: line 1, column 16: not JSON: Expecting value"),
        ("a.yaml", "Resources:\n  - x: [", "a.yaml: line 2, column 9: not YAML"),
        ("a.json", plan() | {"format_version": "0.1"}, "a.json: format_version 0.1 of a Terraform plan; 1.x is read"),
        (
            "a.json",
            {"format_version": "1.0", "terraform_version": "1"},
            "a.json: resource_changes: no plan but a state",
        ),
        ("a.json", plan({"address": "x"}), r"a.json: resource_changes\[0\]: no change of a resource"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, name: str, content: Any, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        pieces(write(tmp_path, name, content))
    (tmp_path / "plan.bin").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(Refused, match="terraform show -json"):
        pieces(tmp_path / "plan.bin")


def test_other_files_hold_no_policy(tmp_path: Path) -> None:
    for name, content in (
        ("package.json", {"name": "x"}),
        ("list.json", "[1]"),
        ("x.yaml", "a: 1"),
        ("empty.yaml", ""),
    ):
        write(tmp_path, name, content)
    write(tmp_path, "p.json", {"Statement": [statement()]})
    assert [one.name for one in pieces(tmp_path)] == ["p"]


# -- what is said


@pytest.mark.parametrize(
    ("statements", "kind", "expected"),
    [
        ([statement(Action="*")], "identity", {"admin"}),
        ([statement(Action="s3:ListBucket", Resource="arn:aws:s3:::b")], "identity", set()),
        ([statement(Action="kms:*")], "identity", {"service-wildcard", "sensitive-unscoped"}),
        ([statement(NotAction="iam:*", Action=None)], "identity",
         {"allow-not-action", "assume-role-unscoped", "escalation", "sensitive-unscoped"}),
        ([statement(Action="iam:CreatePolicyVersion", Resource=f"arn:aws:iam::{OWN}:policy/*")],
         "identity", {"escalation", "sensitive-unscoped"}),
        ([statement(Action="s3:GetObjekt", Resource="arn:aws:s3:::b/k")], "identity", {"aws-would-say"}),
        ([statement(Effect="allow")], "identity", {"not-a-policy"}),
        ([statement(Action="s3:ListBucket", Resource="arn:aws:s3:::b",
                    Condition={"StringEquals": {"aws:SourceIp": "10.0.0.0/8"}})],
         "identity", {"condition"}),
        ([{"Effect": "Allow", "Principal": {"AWS": PARTNER}, "Action": "sts:AssumeRole"}], "trust", {"outside-access"}),
        ([{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
         "trust", set()),
        ([statement(Principal="*")], "resource", {"public"}),
        ([statement(Principal={"AWS": OWN})], "resource", set()),
        ([statement(Principal="*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})],
         "resource", {"outside-access"}),
    ],
)  # fmt: skip
def test_what_a_document_alone_says(statements: list[dict[str, Any]], kind: str, expected: set[str]) -> None:
    kept = [{name: value for name, value in one.items() if value is not None} for one in statements]
    assert rules(piece(*kept, kind=kind)) == expected


def test_accounts_that_are_trusted_are_not_outside() -> None:
    one = piece({"Effect": "Allow", "Principal": {"AWS": PARTNER}, "Action": "sts:AssumeRole"}, kind="trust")
    assert rules(one, Organization(OWN, frozenset({PARTNER}))) == set()


# -- open references


def test_a_reference_is_taken_for_the_most_and_for_the_least() -> None:
    source = {"Statement": [
        statement(Resource=mark("!Ref R"), Condition={"StringEquals": {"aws:SourceIp": mark("!Ref C")}}),
        statement(Effect="Deny", Action=mark("!Ref A")),
        mark("!If X"),
    ]}  # fmt: skip
    most, least = taken(source, "most")["Statement"], taken(source, "least")["Statement"]
    assert (most[0]["Resource"], "Condition" in most[0]) == (["*"], False)
    assert (len(most), len(least)) == (3, 2)
    assert least[0]["Resource"] == ["arn:aws:q9w3:::q9w3"]
    assert least[0]["Condition"] == {"StringEquals": {"aws:SourceIp": "q9w3"}}
    assert (most[1]["Action"], least[1]["Action"]) == (["q9w3:q9w3"], "*")


def test_what_a_reference_decides_is_not_known_and_never_a_pass() -> None:
    for one in (
        piece(statement(Action=mark("!Ref A"))),
        piece(statement(Action="s3:*", Resource=mark("!Ref R"))),
        piece(statement(Principal=mark("!Ref P")), kind="resource"),
        piece(statement(Action="*"), statement(Effect="Deny", Action="*", Resource=mark("!Ref R"))),
        piece(mark("!If Prod")),
    ):
        assert "not-known" in rules(one), one
    for one in (  # a document that AWS would store, whatever the references are
        piece(statement(Effect=mark("!Ref E"), Action="*")),
        piece(statement(Action="*", Condition=mark("!If C"))),
        piece(statement(Action="*", Condition={"StringEquals": mark("!If C")})),
        piece(statement(Principal=mark("!Ref P")), kind="resource"),
        piece(statement(NotPrincipal=mark("!Ref P"), Effect="Deny"), statement(Principal="*"), kind="resource"),
    ):
        assert {"not-known", "not-a-policy"} & rules(one) == {"not-known"}, one
    named = piece(statement(Sid=f"Read{mark('!Ref Env')}", Action=f"s3:{mark('!Ref V')}", Resource="arn:aws:s3:::b"))
    assert rules(named) <= {"not-known", "escalation"}
    assert rules(piece(statement(Condition={"StringEquals": "x"}))) == {"not-a-policy"}
    sure = piece(statement(Action="*"), statement(Action=mark("!Ref A")))
    assert "admin" in rules(sure)
    assert rules(piece(statement(Resource=f"arn:aws:s3:::logs-{mark('!Ref Env')}/*"))) == set()


# -- new rights


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        (statement(), statement(), set()),
        (statement(Action=["s3:GetObject", "s3:PutObject"]), statement(), {"new-access"}),
        (statement(), statement(Action="s3:*"), set()),
        (statement(), statement(Resource="arn:aws:s3:::b/*"), {"new-access"}),
        (statement(Resource="arn:aws:s3:::b/x/*"), statement(Resource="arn:aws:s3:::b/*"), set()),
        (statement(), statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), {"new-access"}),
        (statement(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), statement(), set()),
        (statement(Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}),
         statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), {"new-access"}),
        (statement(Action="*"), statement(Action="s3:*"), {"new-access"}),
        (statement(Resource=mark("!Ref R")), statement(Resource="arn:aws:s3:::b/*"), {"not-known"}),
    ],
)  # fmt: skip
def test_only_what_is_new(new: dict[str, Any], old: dict[str, Any], expected: set[str]) -> None:
    assert {remark.rule for remark in new_access(piece(new), piece(old), INSIDE)} == expected


def test_a_denial_that_is_gone_is_new_access() -> None:
    denied = piece(statement(Action="s3:*"), statement(Effect="Deny", Resource="arn:aws:s3:::secret/*"))
    (remark,) = new_access(piece(statement(Action="s3:*")), denied, INSIDE)
    assert "s3:GetObject on arn:aws:s3:::secret/" in remark.words
    assert list(new_access(denied, piece(statement(Action="s3:*")), INSIDE)) == []


def test_new_principals_of_a_trust_policy() -> None:
    def trust(*names: str) -> Piece:
        return piece({"Effect": "Allow", "Principal": {"AWS": list(names)}, "Action": "sts:AssumeRole"}, kind="trust")

    role = f"arn:aws:iam::{OWN}:role/ci"
    assert [r.rule for r in new_access(trust(role, PARTNER), trust(role), INSIDE)] == ["new-access"]
    assert [r.rule for r in new_access(trust(role, f"arn:aws:iam::{OWN}:role/other"), trust(role), INSIDE)] == [
        "new-access"
    ]
    assert list(new_access(trust(role), trust(role, PARTNER), INSIDE)) == []
    assert [r.rule for r in new_access(trust(role), None, INSIDE)] == ["new-access"]


def test_actions_that_must_not_be_granted() -> None:
    one = piece(statement(Action="s3:*"))
    assert [remark.words for remark in not_granted(one, ["s3:PutBucketPolicy", "iam:*"])] == ["s3:PutBucketPolicy"]
    (unknown,) = not_granted(piece(statement(Action=mark("!Ref A"))), ["s3:PutBucketPolicy"])
    assert unknown.rule == "not-known"


# -- formats


def test_sarif_names_every_rule_and_place() -> None:
    one = piece(statement(Action="*"))
    found = remarks(one, INSIDE)
    sarif = json.loads(formats.as_sarif(found, "1.0.0"))
    (run,) = sarif["runs"]
    declared = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert declared == list(RULES)
    for result, remark in zip(run["results"], found, strict=True):
        assert declared[result["ruleIndex"]] == result["ruleId"] == remark.rule
        assert result["level"] in ("note", "warning", "error")
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "p.json"
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert result["message"]["text"]
    assert (sarif["version"], "$schema" in sarif) == ("2.1.0", True)


def test_junit_and_annotations() -> None:
    ones = [piece(statement(Action="*")), piece(statement(Action="s3:ListBucket", Resource="arn:aws:s3:::b")),
            piece(mark("!If X"))]  # fmt: skip
    found = [remark for one in ones for remark in remarks(one, INSIDE)]
    suite = ElementTree.fromstring(formats.as_junit(ones, found))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    assert [[child.tag for child in case] for case in suite] == [["failure"], [], ["error"]]
    lines = formats.as_annotations(found).splitlines()
    assert len(lines) == len(found)
    assert lines[0].startswith("::error file=p.json,line=1,title=admin::")
    assert "%0A" in formats.as_annotations([type(found[0])(ones[0], "admin", "two\nlines")])
