"""Collector `generated_policies`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    MEMBER,
    PLAIN,
    Remembering,
    collect,
)


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
