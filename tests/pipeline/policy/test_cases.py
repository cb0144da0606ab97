"""Every case of policy_cases.json: machine checks through `evaluate`, the question through the call that answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.policy import (
    Organization,
    Policies,
    Policy,
    Principal,
    Request,
    Site,
    Tri,
    Verdict,
    allows,
    aws_managed_policy,
    can,
    document_facts,
    effective_actions,
    escalations,
    evaluate,
    flaws,
    in_force,
    is_admin,
    judge_objective,
    objectives,
    outside_access,
    outsiders,
    parse,
    public,
    rcp_services_denied,
    restricts,
    trust_facts,
)
from tests.pipeline.policy.support import ACCOUNT, ADMIN, FULL_ACCESS, INSIDE, allow, load, policies

CASES = load("policy_cases.json")
CHECKS = [(case, index) for case in CASES for index in range(len(case.get("machine_checks", ())))]
_SIDES = {"Allow * on *": ADMIN, "Allow sts:* on *": allow("sts:*")}
_OPEN_BUCKET = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
}


@pytest.mark.parametrize(("case", "index"), CHECKS, ids=[f"{case['id']}-{index}" for case, index in CHECKS])
def test_machine_check(case: dict[str, Any], index: int) -> None:
    check = case["machine_checks"][index]
    owner = (
        case["context"]["own_account"] if case["kind"] in ("trust", "resource") or case.get("subkind") == "rcp" else ""
    )
    request = Request.of(check["principal"], check["action"], check["resource"], check["context"], owner)
    decision = evaluate(request, _policies(case, check))
    assert decision.verdict == check["expected"], decision
    assert decision.verdict != "ExplicitlyDenied" or decision.evidence[0].effect == "Deny"


def _policies(case: dict[str, Any], check: dict[str, Any]) -> Policies:
    policy, subkind = case["policy"], case.get("subkind")
    side = policies(_SIDES[check["identity_side"]]) if check.get("identity_side", "none") != "none" else ()
    if subkind == "boundary":
        resource = Policy.read("bucket", policy["resource_policy"], "resource") if "resource_policy" in policy else None
        boundary = Policy.read("boundary", policy["permissions_boundary"])
        return Policies(policies(*policy["identity_policies"]), boundary, resource=resource)
    if case["kind"] == "identity":
        return Policies(policies(*policy) if isinstance(policy, list) else policies(policy))
    if "scp_levels" in check:
        return Policies(side, scp_levels=[policies(*level, kind="scp") for level in check["scp_levels"]])
    if subkind == "rcp":
        bucket = Policy.read("bucket", _OPEN_BUCKET, "resource")
        return Policies(side, resource=bucket, rcp_levels=[policies(policy, kind="rcp")])
    return Policies(side, resource=Policy.read("resource", policy, case["kind"]))


# -- the questions in words: each answered by one call, compared with the first word of the expected answer


def _holder(case: dict[str, Any]) -> Principal:
    policy, arn = case["policy"], f"arn:aws:iam::{ACCOUNT}:user/worker"
    if case.get("subkind") == "boundary":
        known = policy.get("permissions_boundary", policy.get("boundary_document"))
        return Principal(arn, policies(*policy["identity_policies"]), Policy.read("boundary", known))
    if case.get("subkind") == "attachment":
        attached = policy["attached_policy_arn"]
        given = policy.get("document")
        return Principal(
            arn, (Policy.read("attached", given, arn=attached) if given else aws_managed_policy(attached),)
        )
    return Principal(arn, policies(*policy) if isinstance(policy, list) else policies(policy))


def _admin(case: dict[str, Any]) -> str:
    holder = _holder(case)
    if any("document" in policy.problem or "statement" in policy.problem for policy in holder.policies):
        return "no (invalid document)"
    verdict = is_admin(holder).verdict
    return {Tri.YES: "yes", Tri.NO: "no", Tri.DEPENDS: "only under its condition"}[verdict]


def _escalates(case: dict[str, Any]) -> str:
    found = escalations(_holder(case))
    return "yes" if [one for one in found.paths if one.path.category != "resource-policy-write"] else "no"


def _invalid(case: dict[str, Any]) -> str:
    return "invalid" if Policy.read("policy", case["policy"]).problem else "valid"


def _inside(case: dict[str, Any]) -> Organization:
    partition = "aws-us-gov" if "aws-us-gov" in case["question"] else "aws"
    return Organization(INSIDE.account, INSIDE.accounts, INSIDE.id, partition)


def _read(case: dict[str, Any]) -> Policy:
    return Policy.read("policy", case["policy"], case["kind"])


def _outsider(case: dict[str, Any]) -> str:
    return "yes" if [one for one in outsiders(_read(case), _inside(case)) if not one.service] else "no"


def _public_trust(case: dict[str, Any]) -> str:
    found = [one for one in outsiders(_read(case), _inside(case)) if one.is_public and one.verdict is Tri.YES]
    return "yes" if found else "no"


def _public(case: dict[str, Any]) -> str:
    return "yes" if public(_read(case), _inside(case)) is Tri.YES else "no"


def _external_id(case: dict[str, Any]) -> str:
    facts = trust_facts(parse(case["policy"]), _inside(case))
    return "finding" if any(one.relation == "external" and not one.pins_external_id for one in facts) else "ok"


def _deputy(case: dict[str, Any]) -> str:
    actions = ("sts:AssumeRole",) if case["kind"] == "trust" else ()
    found = outside_access(_read(case), _inside(case), actions=actions)
    return ", ".join(one.service for one in found if one.service and one.service not in SENDS_NO_SOURCE)


# Roles for these are given to instances and functions of the role's own account; no source is sent to check.
SENDS_NO_SOURCE = {f"{name}.amazonaws.com" for name in ("ec2", "eks", "lambda", "edgelambda")}


def _foreign(case: dict[str, Any]) -> str:
    return "yes" if outside_access(_read(case), _inside(case)) else "no"


def _workflow(case: dict[str, Any]) -> str:
    (fact,) = trust_facts(parse(case["policy"]), _inside(case))
    return "depends" if fact.unlisted_claims else "no" if fact.pins_tenant else "yes"


def _objective(name: str) -> Callable[[dict[str, Any]], str]:
    def answer(case: dict[str, Any]) -> str:
        (objective,) = [one for one in objectives() if one.id == name]
        levels = [[FULL_ACCESS, Policy.read("policy", case["policy"], objective.kind)]]
        return "yes" if judge_objective(objective, levels, Site(ACCOUNT, org_id=INSIDE.id)).met is Tri.YES else "no"

    return answer


def _subject(case: dict[str, Any]) -> Any:
    return trust_facts(parse(case["policy"]), _inside(case))[0]


def _worker(case: dict[str, Any], action: str, resource: str, **context: Any) -> Verdict:
    request = Request.of(f"arn:aws:iam::{ACCOUNT}:user/worker", action, resource, context.get("known", {}))
    return evaluate(request, Policies(policies(case["policy"]))).verdict


def _facts(case: dict[str, Any]) -> set[str]:
    return {fact.kind for fact in document_facts(parse(case["policy"]))}


QUESTIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "Does this identity policy alone give full administrator access?": _admin,
    "Does this identity policy alone give full administrator access? (document is URL-encoded text)": _admin,
    "Two policies attached to one user: administrator?": _admin,
    "Effective administrator?": _admin,
    "Is the principal administrator?": _admin,
    "Administrator-equivalent?": _admin,
    "Is the admin access limited to MFA sessions?": lambda case: "yes" if "mfa_required" in _facts(case) else "no",
    "Does it allow a known privilege-escalation path?": _escalates,
    "Privilege escalation possible?": _escalates,
    "Privilege escalation?": _escalates,
    "Privilege escalation through SSO roles?": _escalates,
    "Two policies on one user: privilege escalation?": _escalates,
    "Exploitable?": _escalates,
    "Is PassRole + RunInstances exploitable?": _escalates,
    "Is delegation contained by the boundary?": lambda case: "no" if _escalates(case) == "yes" else "yes",
    "Does it allow anything?": lambda case: "yes" if effective_actions(_holder(case)) else "no",
    "Any effective right?": lambda case: "some" if effective_actions(_holder(case)) else "none",
    "Service-wide wildcard on all resources?": lambda case: "yes" if "service_wildcard" in _facts(case) else "no",
    'Is Resource "*" a finding here?': lambda case: "yes" if "star_resource" in _facts(case) else "no",
    "Is this MFA enforcement?": lambda case: "no" if "mfa_reversed" in _facts(case) else "yes",
    "Does the Deny stop an access-key caller without MFA?": lambda case: (
        "yes" if "mfa_enforced" in _facts(case) else "no"
    ),
    "Does it block callers without MFA?": lambda case: "yes" if "mfa_enforced" in _facts(case) else "no",
    "Does the condition reduce risk?": lambda case: "no" if _flaw(case, "caller_chooses") else "yes",
    "Does it require membership of the org?": lambda case: "no" if _flaw(case, "if_exists_voids") else "yes",
    "Valid?": _invalid,
    "Valid as identity policy?": _invalid,
    "Does the Deny without Resource protect?": _invalid,
    "Does it allow s3:GetObject?": lambda case: (
        "yes" if allows(_holder(case), "s3:GetObject").verdict == "Allowed" else "no"
    ),
    "Can a principal outside the own organization assume the role?": _outsider,
    "Can a principal outside the own organization assume the role? (own partition aws-us-gov)": _outsider,
    "Can the external account assume the role?": _outsider,
    "Public?": _public_trust,
    "Is the resource public (any AWS account or anonymous)?": _public,
    "Is the KMS key open?": _public,
    "Cross-account outside the org?": _foreign,
    "Cross-account trust without ExternalId?": _external_id,
    "Can a workflow of a repository outside octo-own assume the role?": _workflow,
    "Can any gitlab.com project assume it?": _workflow,
    "Can any HCP Terraform organization assume it?": _workflow,
    "Is this a guardrail?": lambda case: "yes" if restricts([policies(case["policy"], kind="scp")]) else "no",
    "Region guardrail present?": _objective("region"),
    "Are root users of member accounts blocked?": _objective("root_user"),
    "Are root users blocked?": _objective("root_user"),
    "Does it keep outsiders from resources of these services?": _objective("identity_perimeter"),
    "Can a member account leave the organization?": lambda case: (
        "no" if _objective("leave_organization")(case) == "yes" else "yes"
    ),
}
# Answers whose first words are not the plain yes or no of the call.
SAME = {
    "re-007": "yes",  # "not fixed: treat as public"
    "tr-012": "yes",  # "treat as public / invalid"
    "id-016": "yes",  # "effectively yes"
}
ASKED = [case for case in CASES if case["question"] in QUESTIONS]


def _flaw(case: dict[str, Any], code: str) -> bool:
    return any(flaw.code == code for flaw in flaws(parse(case["policy"])))


@pytest.mark.parametrize("case", ASKED, ids=[case["id"] for case in ASKED])
def test_question(case: dict[str, Any]) -> None:
    answer = QUESTIONS[case["question"]](case)
    expected = SAME.get(case["id"], case["expected"])
    assert expected.startswith(answer), f"{case['why']}: {answer}"


# -- the questions that need words of their own


ONE_BY_ONE: dict[str, Callable[[dict[str, Any]], bool]] = {
    "id-008": lambda c: {_worker(c, a, f"arn:aws:iam::{ACCOUNT}:{r}/x") for a, r in _BOTH} == {Verdict.ALLOWED},
    "id-009": lambda c: _worker(c, "iam:CreatePolicyVersion", "*") == "Allowed",
    "id-010": lambda c: _worker(c, "s3:DeleteObject", "arn:aws:s3:::b/k") == "ExplicitlyDenied",
    "id-011": lambda c: _worker(c, "s3:GetObject", "arn:aws:s3:::reports/x") == "ImplicitlyDenied",
    "id-014": lambda c: is_admin(_holder(c)).level == "full",
    "id-015": lambda c: effective_actions(_holder(c)) == {},
    "id-051": lambda c: _worker(c, "s3:GetObject", "arn:aws:s3:::b/k") == "ImplicitlyDenied",
    "id-068": lambda c: can(_holder(c), "sqs:SendMessage", "arn:aws:sqs:::q", {"aws:TagKeys": ()}).verdict != "Allowed",
    "id-069": lambda c: _worker(c, "s3:GetObject", "*", known={"aws:PrincipalOrgID": "o-z9y8x7w6v5"}) == "Allowed",
    "id-071": lambda c: _worker(c, "s3:GetObject", "*", known={"aws:SourceVpc": "vpc-0a"}) != "Allowed",
    "id-072": lambda c: _worker(c, "s3:GetObject", "*", known={"aws:SourceVpc": "vpc-0b"}) != "Allowed",
    "id-078": lambda c: "at least one" in Policy.read("p", c["policy"]).problem,
    "id-097": lambda c: bool(c["machine_checks"]),
    "id-098": lambda c: can(_holder(c), "s3:GetObject", "arn:aws:s3:::b/k").verdict == "Depends",
    "tr-002": lambda c: _subject(c).kind == "account" and _subject(c).relation == "own account",
    "tr-021": lambda c: (
        bool(_outsider(c) == "yes") and _public_trust(c) == "no" and _worker_of_other(c) == "ImplicitlyDenied"
    ),
    "tr-033": lambda c: [fact.kind for fact in trust_facts(parse(c["policy"]), INSIDE)] == ["orphan", "account"],
    "tr-034": lambda c: bool(c["machine_checks"]),
    "tr-037": lambda c: _subject(c).relation == "external",
    "tr-038": lambda c: _subject(c).relation == "external" and _subject(c).lets_in is Tri.NO,
    "tr-041": lambda c: _deputy(c) == "cloudtrail.amazonaws.com",
    "tr-042": lambda c: _deputy(c) == "",
    "tr-044": lambda c: _deputy(c) == "cloudtrail.amazonaws.com",
    "tr-045": lambda c: _subject(c).lets_in is Tri.NO,
    "tr-046": lambda c: _deputy(c) == "cloudtrail.amazonaws.com",
    "tr-048": lambda c: _deputy(c) == "" and _subject(c).pins_source,
    "tr-049": lambda c: _deputy(c) == "pods.eks.amazonaws.com",
    "tr-050": lambda c: _subject(c).pins_saml_audience,
    "tr-061": lambda c: not _subject(c).pins_subject and _flaw(c, "set_operator_unguarded"),
    "tr-063": lambda c: _subject(c).oidc_grade == "caution",
    "tr-067": lambda c: _subject(c).oidc_grade == "caution" and not _subject(c).pins_subject,
    "tr-068": lambda c: "every service account" in _subject(c).oidc_reason,
    "tr-069": lambda c: _subject(c).oidc_grade == "safe" and _subject(c).pins_audience,
    "tr-070": lambda c: _subject(c).oidc_grade == "dangerous" and "guests" in _subject(c).oidc_reason,
    "tr-071": lambda c: _subject(c).oidc_grade == "dangerous" and not _subject(c).pins_audience,
    "tr-072": lambda c: _subject(c).oidc_grade == "dangerous" and not _subject(c).pins_audience,
    "re-020": lambda c: _deputy(c) == "cloudfront.amazonaws.com",
    "re-021": lambda c: _deputy(c) == "",
    "re-023": lambda c: _deputy(c) == "s3.amazonaws.com",
    "re-024": lambda c: _deputy(c) == "",
    "re-034": lambda c: _public(c) == "no",
    "sc-004": lambda c: not restricts([policies(*level, kind="scp") for level in c["policy"].values()]),
    "sc-005": lambda c: _under(c) == Verdict.IMPLICITLY_DENIED,
    "sc-006": lambda c: _objective("region")(c) == "yes" and _objective("iam_user_creation")(c) == "no",
    "sc-011": lambda c: _root_of(c, ACCOUNT) == "Allowed" and _root_of(c, "") == "ExplicitlyDenied",
    "sc-013": lambda c: not restricts([[FULL_ACCESS]]),
    "sc-014": lambda c: (
        not in_force(c["policy"]["feature_set"], [("SERVICE_CONTROL_POLICY", "ENABLED")], "SERVICE_CONTROL_POLICY")
    ),
    "sc-015": lambda c: not in_force("ALL", c["policy"]["roots"][0]["PolicyTypes"], "SERVICE_CONTROL_POLICY"),
    "sc-018": lambda c: _objective("iam_user_creation")(c) == "no",
    "sc-024": lambda c: rcp_services_denied(parse(c["policy"])) == (),
    "sc-025": lambda c: _bucket_in_management_account(c) == "Allowed",
}
_BOTH = (("iam:CreatePolicyVersion", "policy"), ("iam:AttachRolePolicy", "role"))


def _worker_of_other(case: dict[str, Any]) -> Verdict:
    request = Request.of("arn:aws:iam::345612340987:role/two", "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/target")
    return evaluate(request, Policies(policies(ADMIN), resource=Policy.read("trust", case["policy"], "trust"))).verdict


def _under(case: dict[str, Any]) -> Verdict:
    holder = Principal(
        f"arn:aws:iam::{ACCOUNT}:user/worker",
        policies(ADMIN),
        scp_levels=tuple(policies(*level, kind="scp") for level in case["policy"].values()),
    )
    return can(holder, "s3:GetObject", "arn:aws:s3:::b/k").verdict


def _root_of(case: dict[str, Any], management_account: str) -> Verdict:
    scps = [policies(ADMIN, case["policy"]["policy"], kind="scp")]
    request = Request.of(f"arn:aws:iam::{ACCOUNT}:root", "iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/x")
    return evaluate(request, Policies(scp_levels=scps, management_account=management_account)).verdict


def _bucket_in_management_account(case: dict[str, Any]) -> Verdict:
    request = Request.of("arn:aws:iam::345612340987:role/outsider", "s3:GetObject", "arn:aws:s3:::b/k", {}, ACCOUNT)
    rcps = [policies(case["policy"]["policy"], kind="rcp")]
    bucket = Policy.read("bucket", _OPEN_BUCKET, "resource")
    return evaluate(
        request, Policies(policies(ADMIN), resource=bucket, rcp_levels=rcps, management_account=ACCOUNT)
    ).verdict


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_one_by_one(name: str) -> None:
    (case,) = [one for one in CASES if one["id"] == name]
    assert ONE_BY_ONE[name](case), case["why"]


def test_every_case_is_asked() -> None:
    asked = {case["id"] for case in ASKED} | set(ONE_BY_ONE)
    assert {case["id"] for case in CASES} - asked == set()
