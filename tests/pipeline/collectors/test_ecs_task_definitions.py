"""Collector `ecs_task_definitions`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    KEY,
    WHERE,
    collect,
    scripted,
)


def test_a_task_definition_is_described_once_however_many_run_it() -> None:
    definition = {
        "taskDefinitionArn": "arn:d:1",
        "taskRoleArn": "",
        "requiresCompatibilities": ["FARGATE", "EXTERNAL"],
        "containerDefinitions": [{"environment": [{"name": "A", "value": KEY}]}, {"environment": [{"name": "B"}]}, {}],
    }
    services = [{"task_definition_arn": arn} for arn in ("arn:d:1", "arn:d:1", None)]
    account = scripted({"ecs:DescribeTaskDefinition": {"taskDefinition": definition}}, ecs_services=services)
    (row,) = collect("ecs_task_definitions", account)["ecs_task_definitions"]
    assert row == WHERE | {
        "task_definition_arn": "arn:d:1",
        "task_role_arn": None,
        "requires_compatibilities": ["EXTERNAL", "FARGATE"],
        "has_aws_key_variable": True,
        "aws_key_variables": ["A"],
    }
