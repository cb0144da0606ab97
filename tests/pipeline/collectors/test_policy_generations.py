"""Collector `policy_generations`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, PLAIN, WHERE, rows_of, scripted


def test_a_job_that_ended_and_one_that_runs() -> None:
    job = {"jobId": "1", "principalArn": "arn:r", "status": "SUCCEEDED", "startedOn": DAY, "completedOn": DAY}
    running = {"jobId": "2", "principalArn": "arn:r", "status": "IN_PROGRESS", "startedOn": DAY}
    ended, other = rows_of("policy_generations", scripted({"access-analyzer:ListPolicyGenerations": [job, running]}))
    assert ended == WHERE | {
        "job_id": "1",
        "principal_arn": "arn:r",
        "status": "SUCCEEDED",
        "started_at": PLAIN,
        "completed_at": PLAIN,
    }
    assert (other["status"], other["completed_at"]) == ("IN_PROGRESS", None)
