"""Services that run customers' workloads under a role."""

from __future__ import annotations

from pipeline import knowledge
from pipeline.facts import compute_services


def test_services_that_have_ended_are_not_among_them() -> None:
    rows = compute_services.TABLE.table(list(compute_services.rows({}))).to_pylist()
    found = {row["service"] for row in rows if row["runs_workloads"]}
    assert {"ec2", "lambda", "ecs-tasks"} < found
    assert not found & knowledge.load("compute_services").facts["services"]["ended"].keys()
