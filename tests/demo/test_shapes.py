"""Every answer of the emulator has the members of botocore's model, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from demo.emulator.wire import check_shape, known_model


def output(service: str, operation: str) -> Any:
    model = known_model(service)
    assert model is not None
    return model.operation_model(operation).output_shape


@pytest.mark.parametrize(
    ("service", "operation", "answer", "says"),
    [
        ("iam", "ListRoles", {"Role": []}, "ListRoles has no Role"),
        ("iam", "ListRoles", {"Roles": [{}, {"Owner": "x"}]}, r"ListRoles\.Roles\[\] has no Owner"),
        ("iam", "GetAccountSummary", {"SummaryMap": {"Users": 1}, "More": 1}, "GetAccountSummary has no More"),
        ("lambda", "ListFunctions", {"Functions": [{"Environment": {"Vars": {}}}]}, "Environment has no Vars"),
    ],
)
def test_a_member_that_aws_does_not_have_is_refused(
    service: str, operation: str, answer: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        check_shape(output(service, operation), answer, operation)


def test_keys_of_a_map_are_no_members() -> None:
    check_shape(output("iam", "GetAccountSummary"), {"SummaryMap": {"Anything": 1}}, "GetAccountSummary")
    functions = [{"Environment": {"Variables": {"ANY": "x"}}}]
    check_shape(output("lambda", "ListFunctions"), {"Functions": functions}, "ListFunctions")


def test_what_answers_nothing_answers_nothing() -> None:
    check_shape(None, {}, "DeleteRole")
    with pytest.raises(ValueError, match="DeleteRole answers nothing"):
        check_shape(None, {"Role": 1}, "DeleteRole")
