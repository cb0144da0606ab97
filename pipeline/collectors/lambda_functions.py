"""Lambda functions: execution roles, and whether environment variables contain AWS keys."""

from __future__ import annotations

from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._keys import COLUMNS, aws_key_variables
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OPERATION = "lambda:ListFunctions"

FUNCTIONS = Dataset(
    "lambda_functions",
    "Lambda functions, without the values of their environment variables.",
    "region",
    (OPERATION,),
    (
        account_column(),
        Column("region", "varchar", "Region of the function", required=True),
        Column("function_name", "varchar", "Name of the function", required=True),
        Column("arn", "varchar", "ARN of the function", required=True, pattern=ARN),
        Column("role_arn", "varchar", "ARN of the execution role", required=True, pattern=ARN),
        Column("runtime", "varchar", "Runtime; null for a container image"),
        *COLUMNS,
    ),
    key=("account_id", "region", "arn"),
)

DATASETS = (FUNCTIONS,)


def collect(account: Account) -> Rows:
    rows = [_row(account, function) for function in account.pages(OPERATION, "Functions", MaxItems=50)]
    return {FUNCTIONS.name: rows}


def _row(account: Account, function: dict[str, Any]) -> Row:
    environment = function.get("Environment", {})
    names = aws_key_variables(environment.get("Variables", {}).items())
    return {
        "account_id": account.account_id,
        "region": account.region,
        "function_name": function["FunctionName"],
        "arn": function["FunctionArn"],
        "role_arn": function["Role"],
        "runtime": function.get("Runtime"),
        # AWS answers with an Error in place of the variables where their KMS key is out of reach.
        "has_aws_key_variable": None if environment.get("Error") else bool(names),
        "aws_key_variables": names,
    }
