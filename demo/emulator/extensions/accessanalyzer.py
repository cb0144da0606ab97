"""Access Analyzer: analyzers, findings, policy generations and the policy validator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.paging import BadToken, take
from demo.emulator.validator import validate
from demo.organization.model import Analyzer, PolicyGeneration

POLICY_TYPES = ("IDENTITY_POLICY", "RESOURCE_POLICY", "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
# How long ListPolicyGenerations remembers.
GENERATIONS_KEPT = timedelta(days=7)


def paged(call: Call, member: str, items: Sequence[Any]) -> dict[str, Any]:
    filters = sorted((k, str(v)) for k, v in call.parameters.items() if k not in ("nextToken", "maxResults"))
    size = min(int(call.get("maxResults", 100)), 100)
    try:
        page, token = take(items, call.get("nextToken"), size, f"{call.operation}{filters}")
    except BadToken:
        raise ApiError("ValidationException", "Invalid nextToken", 400) from None
    return {member: list(page)} | ({"nextToken": token} if token else {})


def list_analyzers(call: Call) -> dict[str, Any]:
    """The account's analyzers in the requested Region, without their configuration, which only GetAnalyzer returns."""
    kind = call.get("type")
    here = [a for a in call.account.analyzers.values() if a.region == call.region and kind in (None, a.kind)]
    return paged(call, "analyzers", [_analyzer(a) for a in here])


def get_analyzer(call: Call) -> dict[str, Any]:
    name = call.need("analyzerName")
    for analyzer in call.account.analyzers.values():
        if analyzer.name == name and analyzer.region == call.region:
            configuration = {"configuration": analyzer.configuration} if analyzer.configuration else {}
            return {"analyzer": _analyzer(analyzer) | configuration}
    raise _missing(f"Analyzer {name} not found")


def list_findings_v2(call: Call) -> dict[str, Any]:
    filters: dict[str, Any] = call.get("filter", {})
    findings = [f for f in _find(call).findings if all(_fits(f.get(k), rule) for k, rule in filters.items())]
    rows = [{k: v for k, v in f.items() if k != "findingDetails"} for f in findings]
    return paged(call, "findings", rows)


def get_finding_v2(call: Call) -> dict[str, Any]:
    for finding in _find(call).findings:
        if finding["id"] == call.need("id"):
            return finding
    raise _missing(f"Finding {call.need('id')} not found")


def list_policy_generations(call: Call) -> dict[str, Any]:
    principal = call.get("principalArn")
    rows = [
        {**_job(generation), "principalArn": generation.principal_arn}
        for generation in _remembered(call)
        if principal in (None, generation.principal_arn)
    ]
    return paged(call, "policyGenerations", rows)


def get_generated_policy(call: Call) -> dict[str, Any]:
    """The policy without resource placeholders; no policy for a job that is unfinished or failed."""
    for generation in _remembered(call):
        if generation.id == call.need("jobId"):
            done = generation.status == "SUCCEEDED"
            result: dict[str, Any] = {"properties": {"isComplete": done, "principalArn": generation.principal_arn}}
            if done:
                result["generatedPolicies"] = [{"policy": json.dumps(policy)} for policy in generation.policies]
            return {"jobDetails": _job(generation), "generatedPolicyResult": result}
    raise ApiError("ValidationException", f"Invalid jobId: {call.need('jobId')}", 400)


def _remembered(call: Call) -> list[PolicyGeneration]:
    now = call.scene.now
    return [
        generation
        for generation in call.account.generations
        if generation.started <= now and now - generation.started <= GENERATIONS_KEPT
    ]


def _job(generation: PolicyGeneration) -> dict[str, Any]:
    row: dict[str, Any] = {"jobId": generation.id, "status": generation.status, "startedOn": generation.started}
    return row | ({"completedOn": generation.completed} if generation.completed else {})


def validate_policy(call: Call) -> dict[str, Any]:
    kind = call.need("policyType")
    if kind not in POLICY_TYPES:
        raise ApiError("ValidationException", f"policyType {kind} is not supported")
    issues = validate(call.need("policyDocument"), kind, call.get("validatePolicyResourceType"))
    return paged(call, "findings", [i.as_finding() for i in issues])


def _find(call: Call) -> Analyzer:
    arn = call.need("analyzerArn")
    analyzer = call.account.analyzers.get(arn)
    if analyzer is None or analyzer.region != call.region:
        raise _missing(f"Analyzer {arn} not found")
    return analyzer


def _missing(message: str) -> ApiError:
    return ApiError("ResourceNotFoundException", message, 404)


def _fits(value: Any, rule: dict[str, Any]) -> bool:
    """One criterion of a filter: eq, neq, contains or exists."""
    text = str(value)
    if rule.get("eq") is not None and text not in rule["eq"]:
        return False
    if rule.get("neq") is not None and text in rule["neq"]:
        return False
    if rule.get("contains") is not None and not any(c in text for c in rule["contains"]):
        return False
    return rule.get("exists") is None or bool(rule["exists"]) == (value is not None)


def _analyzer(analyzer: Analyzer) -> dict[str, Any]:
    row: dict[str, Any] = {
        "arn": analyzer.arn,
        "name": analyzer.name,
        "type": analyzer.kind,
        "createdAt": analyzer.created,
        "status": analyzer.status,
        "tags": analyzer.tags,
    }
    if analyzer.analyzed and analyzer.status == "ACTIVE":
        row |= {"lastResourceAnalyzedAt": analyzer.analyzed, "lastResourceAnalyzed": "arn:aws:s3:::halden-logs"}
    if analyzer.status_reason:
        row["statusReason"] = {"code": analyzer.status_reason}
    return row
