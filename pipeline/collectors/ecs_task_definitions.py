"""Task definitions of ECS services: task roles, and whether environment variables contain AWS keys.

A revision never changes: it is described again once in seven nights, as what this version looks for may have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._keys import COLUMNS, aws_key_variables
from pipeline.collectors._turns import stays
from pipeline.collectors.ecs_services import SERVICES
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OPERATION = "ecs:DescribeTaskDefinition"

TASK_DEFINITIONS = Dataset(
    "ecs_task_definitions",
    "Task definitions in use by a service, without the values of their environment variables.",
    "region",
    (*SERVICES.operations, OPERATION),
    (
        account_column(),
        Column("region", "varchar", "Region of the task definition", required=True),
        Column("task_definition_arn", "varchar", "ARN of the task definition", required=True, pattern=ARN),
        Column("task_role_arn", "varchar", "ARN of the task role; null for none", pattern=ARN),
        Column(
            "requires_compatibilities",
            "varchar[]",
            "Launch types that it is compatible with: EC2, FARGATE, EXTERNAL",
            required=True,
        ),
        *COLUMNS,
    ),
    key=("account_id", "region", "task_definition_arn"),
)

DATASETS = (TASK_DEFINITIONS,)


def collect(account: Account) -> Rows:
    used = {service["task_definition_arn"] for service in account.rows(SERVICES.name)} - {None}
    kept = {row["task_definition_arn"]: row for row in account.of_last_night(TASK_DEFINITIONS) or ()}

    def read(arn: str) -> Iterable[Row]:
        return [kept[arn]] if arn in kept and stays(account, TASK_DEFINITIONS, arn) else _described(account, arn)

    rows = each(account, TASK_DEFINITIONS, sorted(used), read, str)
    return {TASK_DEFINITIONS.name: rows}


def _described(account: Account, arn: str) -> Iterator[Row]:
    answer = account.optional(OPERATION, taskDefinition=arn)
    if answer:
        yield _row(account, answer["taskDefinition"])


def _row(account: Account, definition: dict[str, Any]) -> Row:
    names = aws_key_variables(
        (variable.get("name", ""), variable.get("value", ""))
        for container in definition["containerDefinitions"]
        for variable in container.get("environment", [])
    )
    return {
        "account_id": account.account_id,
        "region": account.region,
        "task_definition_arn": definition["taskDefinitionArn"],
        "task_role_arn": definition.get("taskRoleArn") or None,
        "requires_compatibilities": sorted(definition.get("requiresCompatibilities", [])),
        "has_aws_key_variable": bool(names),
        "aws_key_variables": names,
    }
