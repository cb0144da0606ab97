"""Global condition keys: those of the list have their types, others are no fact about AWS."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.policy import actions
from pipeline.policy.document import parse
from pipeline.policy.lint import flaws


def codes(operator: str, key: str, value: Any) -> list[tuple[str, str]]:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {key: value}}}
    document = parse({"Version": "2012-10-17", "Statement": statement}, "identity")
    return [(flaw.code, flaw.detail) for flaw in flaws(document)]


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        # https://docs.aws.amazon.com/agent-toolkit/latest/userguide/security_iam_service-with-iam.html
        ("Bool", "aws:ViaAWSMCPService", "true"),
        ("StringEquals", "aws:CalledViaAWSMCP", "aws-mcp.amazonaws.com"),
        ("ArnLike", "aws:SignInSessionArn", "arn:aws:signin:*:111111111111:session/*"),
        ("StringEquals", "aws:VpceOrgID", "o-example"),
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        ("StringEquals", "aws:ViaCustomerDomain", "111111111111"),
    ],
)
def test_a_key_of_the_list_is_used_as_aws_uses_it(operator: str, key: str, value: str) -> None:
    assert codes(operator, key, value) == []


def test_a_listed_key_of_another_type_is_a_mismatch() -> None:
    assert [code for code, _ in codes("NumericEquals", "aws:ViaAWSMCPService", "1")] == ["type_mismatch"]


@pytest.mark.parametrize("key", ["aws:SignInContextArn", "aws:KeyOfNextYear"])
def test_a_key_that_is_not_in_the_list_is_said_to_be_that_and_no_more(key: str) -> None:
    assert codes("StringEquals", key, "x") == [
        ("key_not_listed", f"{key} is not in Rolecall's list of 2026-11-28 (global condition keys)")
    ]


def test_without_any_one_entry_a_condition_on_it_is_remarked_and_does_not_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = dict(actions.global_keys())
    for key in known:
        monkeypatch.setattr(actions, "global_keys", lambda key=key: {k: v for k, v in known.items() if k != key})
        actions.key_type.cache_clear()
        found = {code for code, _ in codes("Null", key, "true")}
        assert "unknown_key" not in found, key
    monkeypatch.undo()
    actions.key_type.cache_clear()
