"""Collector `lambda_functions`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import (
    KEY,
    collect,
    scripted,
)


def test_functions_with_a_key_without_variables_and_undecipherable() -> None:
    def function(name: str, environment: Any) -> dict[str, Any]:
        more = {} if environment is None else {"Environment": environment}
        return {"FunctionName": name, "FunctionArn": f"arn:aws:lambda:x:1:function:{name}", "Role": "arn:r"} | more

    found = [
        function("key", {"Variables": {"UPLOAD": KEY}}),
        function("plain", None),
        function("sealed", {"Error": {"ErrorCode": "AccessDeniedException", "Message": "KMS"}}),
    ]
    rows = collect("lambda_functions", scripted({"lambda:ListFunctions": found}))["lambda_functions"]
    assert [(row["has_aws_key_variable"], row["aws_key_variables"]) for row in rows] == [
        (True, ["UPLOAD"]),
        (False, []),
        (None, []),
    ]
    assert KEY not in repr(rows)
