"""peer_verdicts.json: agree with the peer where the product should, give the noted answer where it should not.

Cases about credential reports, password policies, analyzers and the like are judged by SQL controls, not by the policy
language: they are listed in ELSEWHERE, so that a new kind of case cannot slip past.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.policy import (
    Organization,
    Policy,
    Principal,
    Site,
    Tri,
    allows,
    document_facts,
    effective_actions,
    escalations,
    flaws,
    is_admin,
    judge_objective,
    objectives,
    outside_access,
    parse,
    trust_facts,
    trusts_service,
)
from pipeline.policy.callers import covers_everyone
from pipeline.policy.conditions import network
from pipeline.policy.rights import full_service
from tests.pipeline.policy.support import ACCOUNT, FULL_ACCESS, INSIDE, allow, document, load, policies, principal

CASES = load("peer_verdicts.json")["cases"]


def _conditions(block: Any) -> Any:
    return parse(allow("s3:GetObject", Condition=block)).statements[0].conditions


def _admin(source: Any) -> bool:
    return is_admin(principal(source)).verdict is Tri.YES


def _escalates(source: Any) -> bool:
    found = escalations(principal(source), admins_too=True)
    return any(one.path.category != "resource-policy-write" for one in found.paths)


def _everywhere(source: Any, action: str) -> bool:
    holder = principal(source)
    return any(one.resource == "*" for one in [_Asked(holder, action)]) and _Asked(holder, action).allowed


class _Asked:
    """Whether the action is allowed on a resource nobody named."""

    def __init__(self, holder: Principal, action: str) -> None:
        self.resource = "*"
        self.allowed = allows(holder, action).verdict == "Allowed" and _covers_all(holder, action)


def _covers_all(holder: Principal, action: str) -> bool:
    from pipeline.policy import can

    return can(holder, action, "arn:aws:zq7x:zq7x:210987000111:zq7x/zq7x").verdict == "Allowed"


def _is_public(policy: Any, account: str, **options: Any) -> bool:
    inside = Organization(account, frozenset({account, *options.get("trusted_account_ids", ())}), INSIDE.id)
    found = outside_access(Policy.read("resource", policy, "resource"), inside)
    if not options.get("check_cross_service_confused_deputy"):
        found = [one for one in found if one.service in ("", "*")]
    trusted = set(options.get("trusted_ips", ()))
    addresses = [
        value
        for one in parse(policy).statements
        for key in one.conditions
        for value in key.values
        if key.operator == "IpAddress"
    ]
    by_address = bool(trusted) and not set(addresses) <= trusted
    free = [one for one in found if one.verdict is Tri.YES or (by_address and one.limited_by == ("aws:SourceIp",))]
    return any(one.is_public for one in free) or (not options.get("is_cross_account_allowed", True) and bool(free))


def _restrictive(conditions: Any, account: str, principal: Any = "*") -> bool:
    """Whether nobody outside the account gets freely into a bucket that is open to all under the conditions."""
    one = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    bucket = Policy.read("bucket", document({**one, "Condition": conditions}), "resource")
    inside = Organization(account, frozenset({account}))
    return not any(one.verdict is Tri.YES for one in outside_access(bucket, inside))


TOPIC = {"Service": "sns.amazonaws.com"}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "admin": _admin,
    "full_service": lambda service, source: full_service(principal(source), service) is Tri.YES,
    "effective": lambda source: list(effective_actions(principal(source))),
    "privesc": _escalates,
    "marketplace": lambda source: _everywhere(source, "aws-marketplace:Subscribe"),
    "public_principal": lambda one: covers_everyone(parse(document(one)).statements[0]),
    "is_policy_public": _is_public,
    "condition_restrictive": lambda block, account, *_: _restrictive(block, account),
    "source_arn": lambda one, account: _restrictive(one["Condition"], account or ACCOUNT, TOPIC),
    "private_ip": lambda block: all(
        (net := network(value)) is not None and net.is_private for one in _conditions(block) for value in one.values
    ),
}


def _readonly_trust(given: dict[str, Any]) -> list[str]:
    if not given["trust"] or "ReadOnlyAccess" not in given["attached"]:
        return ["PASS"]
    facts = trust_facts(parse(given["trust"]), INSIDE)
    return ["FAIL"] if any(one.relation in ("external", "everyone") for one in facts) else ["PASS"]


def _deputy(given: dict[str, Any]) -> list[str]:
    (fact,) = trust_facts(parse(given["trust"]), INSIDE)
    return ["PASS"] if fact.pins_source else ["FAIL"]


def _admin_check(given: dict[str, Any]) -> list[str]:
    return ["FAIL"] if any(fact.kind == "admin" for fact in document_facts(parse(given["policy"]))) else ["PASS"]


def _assume(given: dict[str, Any]) -> list[str]:
    facts = document_facts(parse(given["policy"]))
    return ["FAIL"] if any(fact.kind == "assume_role_unscoped" for fact in facts) else ["PASS"]


def _region(given: dict[str, Any]) -> list[str]:
    (region,) = [one for one in objectives("scp") if one.id == "region"]
    level = [FULL_ACCESS, *policies({"Version": "2012-10-17", "Statement": given["statement"]}, kind="scp")]
    return ["PASS"] if judge_objective(region, [level], Site(ACCOUNT)).met is Tri.YES else ["FAIL"]


CHECKS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "iam_role_cross_account_readonlyaccess_policy": _readonly_trust,
    "iam_role_cross_service_confused_deputy_prevention": _deputy,
    "iam_aws_attached_policy_no_administrative_privileges": _admin_check,
    "iam_customer_attached_policy_no_administrative_privileges": _admin_check,
    "iam_customer_unattached_policy_no_administrative_privileges": _admin_check,
    "iam_inline_policy_no_administrative_privileges": _admin_check,
    "iam_no_custom_policy_permissive_role_assumption": _assume,
    "organizations_scp_check_deny_regions": _region,
}


def _codes(source: Any) -> set[str]:
    """The flaws in Parliament's words, and what it calls escalation by resource policy and stars."""
    policy = Policy.read("policy", source, "any")
    if policy.document is None:
        return {"MALFORMED"}
    words = {
        "mfa_reversed": "BAD_PATTERN_FOR_MFA",
        "unknown_operator": "UNKNOWN_OPERATOR",
        "usable_mismatch": "MISMATCHED_TYPE_BUT_USABLE",
    }
    found = {words[flaw.code] for flaw in flaws(policy.document) if flaw.code in words}
    found |= {"DUPLICATE_SID"} if policy.document.remarks else set()
    written = [one.path.category for one in escalations(principal(source)).paths]
    if "resource-policy-write" in written:
        found.add("RESOURCE_POLICY_PRIVILEGE_ESCALATION")
    patterns = [pattern for one in policy.document.statements for pattern in one.resources or ()]
    from pipeline.policy.facts import is_effectively_star

    actions = [action for one in policy.document.statements for action in one.actions or ()]
    if patterns != ["*"] and any(
        is_effectively_star(pattern, action) for pattern in patterns if pattern != "*" for action in actions
    ):
        found.add("RESOURCE_EFFECTIVELY_STAR")
    return found


def _other_tool(case: dict[str, Any]) -> bool:
    given, check = case["input"], case["check"]
    if case["tool"] == "parliament":
        expected = "MALFORMED" if check == "MALFORMED" else check
        return not _codes(given) if check.startswith("(") else expected in _codes(given)
    facts = trust_facts(parse(given), INSIDE) if "Statement" in given else []
    if check == "role_assumable_by_compute_services":
        trust = Policy.read("trust", given, "trust")
        return [s for s in ("ecs-tasks", "ec2", "lambda") if trusts_service(trust, f"{s}.amazonaws.com")] == case[
            "expected"
        ]
    if check == "role_assumable_by_cross_account_principals":
        own = {
            case["args"].get("current_account_id", ""),
            *case["args"].get("exclusions", {}).get("known-accounts", ()),
        }
        named = [
            one.value for one in facts if one.kind in ("account", "principal", "session") and one.account not in own
        ]
        return named == case["expected"]
    if check == "role_assumable_by_any_principal":
        return [one.value for one in facts if one.kind == "everyone"] == case["expected"]
    if check == "iam_all_policy_no_service_wild_card":
        return any(fact.kind == "service_wildcard" for fact in document_facts(parse(given)))
    if check == "iam_role_cross_account_read_only_access_policy":
        return (
            bool(facts and facts[0].relation == "everyone") if case["expected"] == "alarm" else given["attached"] == []
        )
    raise AssertionError(check)


ELSEWHERE = (
    "credential_report_rows",
    "password_policy",
    "mfa_device_types",
    "rows",
    "row",
    "service",
    "roles_attached",
)
_BY_SQL = {
    *(
        "iam_user_console_access_unused",
        "iam_policy_attached_only_to_group_or_roles",
        "iam_administrator_access_with_mfa",
    ),
    *("iam_group_administrator_access_policy", "iam_role_administratoraccess_policy", "iam_check_saml_providers_sts"),
    *("iam_no_expired_server_certificates_stored", "iam_policy_cloudshell_admin_not_attached"),
    *("iam_user_with_temporary_credentials", "organizations_account_part_of_organizations"),
    *("organizations_delegated_administrators", "organizations_opt_out_ai_services_policy"),
    *("organizations_tags_policies_enabled_and_attached", "iam_root_credentials_management_enabled"),
    *("accessanalyzer_enabled", "accessanalyzer_enabled_without_findings"),
}


def _judged_here(case: dict[str, Any]) -> bool:
    given = case["input"]
    if case["level"] == "function":
        return True
    if case["level"] == "check":
        return case["check"] in CHECKS and bool(given) and "targets" not in given
    return not (isinstance(given, dict) and "row" in given)


HERE = [case for case in CASES if _judged_here(case)]


def _agrees(case: dict[str, Any]) -> bool:
    if case["level"] == "function":
        found = FUNCTIONS[case["check"]](*case["input"]["pos"], **case["input"].get("kw", {}))
        return bool(found == case["expected"])
    if case["level"] == "check":
        return CHECKS[case["check"]](case["input"]) == case["expected"]
    return _other_tool(case)


# aws:ResourceAccount is the account of the bucket, whoever calls: it keeps nobody out of the account's own bucket.
KEEPS_NOBODY_OUT = {"pf150", "pf152", "pf154", "pf156", "pf158", "pf160", "pf162", "pf208"}


@pytest.mark.parametrize("case", HERE, ids=[case["id"] for case in HERE])
def test_peer(case: dict[str, Any]) -> None:
    expected = case["product_should_agree"] and case["id"] not in KEEPS_NOBODY_OUT
    assert _agrees(case) is expected, case["note"] or case["fact"]


def test_a_policy_without_targets_protects_nobody() -> None:
    (case,) = [one for one in CASES if one["id"] == "pc209"]
    (region,) = [one for one in objectives("scp") if one.id == "region"]
    assert not case["product_should_agree"]
    assert judge_objective(region, [[FULL_ACCESS]], Site(ACCOUNT)).met is Tri.NO


def test_the_rest_is_judged_by_sql_controls() -> None:
    rest = [case for case in CASES if case not in HERE and case["id"] != "pc209"]
    for case in rest:
        given = case["input"]
        by_data = isinstance(given, dict) and any(key.startswith(ELSEWHERE) for key in given)
        by_check = case["check"].startswith("iam_password_policy") or case["check"] in _BY_SQL | set(CHECKS)
        assert by_data or by_check, case
