"""Shapes of responses hold names and enumerated values; whatever else an organization answers never gets in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.aws.shapes import WITHHELD, Shapes
from tests.pipeline.aws.test_members import INSTANCES, ROLE, ROLES, model

SECRETS = (
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AKIAIOSFODNN7EXAMPLE",
    "111122223333",
    "arn:aws:iam::111122223333:role/payroll",
    "hunter2",
    "o-abcdefghij",
    "mail@payroll.example",
    "10.1.2.3",
)


def shapes_of(operation: str, *bodies: str) -> Any:
    found = Shapes()
    for body in bodies:
        found(model(operation), {"status_code": 200, "body": body.encode()})
    return found.to_dict().get(operation)


def test_names_and_enumerated_values_are_kept() -> None:
    account = {"Id": "111122223333", "Name": "Payroll", "State": "ACTIVE", "JoinedMethod": "ADOPTED", "Leash": "x"}
    assert shapes_of("organizations:ListAccounts", json.dumps({"Accounts": [account], "More": 1})) == {
        "members": [
            "Accounts",
            "Accounts[]",
            "Accounts[].Id",
            "Accounts[].JoinedMethod",
            "Accounts[].Name",
            "Accounts[].State",
        ],
        "not_in_model": ["Accounts[].Leash", "More"],
        "values": {"Accounts[].JoinedMethod": ["ADOPTED"], "Accounts[].State": ["ACTIVE"]},
    }


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_that_is_a_customer_s_gets_in(secret: str) -> None:
    """As a value, as the key of a map, as a value of an enumeration, as a name that no model has, in an error."""
    accounts = [{"Id": secret, "Name": secret, "State": secret, secret: {secret: secret}}]
    function = {"FunctionName": secret, "Environment": {"Variables": {secret: secret}}, "PackageType": secret}
    found = Shapes()
    for operation, body in (
        ("organizations:ListAccounts", json.dumps({"Accounts": accounts, secret: [secret]})),
        ("lambda:ListFunctions", json.dumps({"Functions": [function]})),
        ("s3:GetBucketPolicy", json.dumps({"Version": secret, secret: secret})),
        ("iam:ListRoles", ROLES.format(ROLE.format(f"<New>{secret}</New>", f"<Path>{secret}</Path>"), "")),
        ("ec2:DescribeInstances", INSTANCES.format(f"<instanceType>{secret}</instanceType>")),
    ):
        found(model(operation), {"status_code": 200, "body": body.encode()})
        found(model(operation), {"status_code": 403, "body": body.encode()})
    text = json.dumps(found.to_dict())
    assert secret not in text
    assert "Accounts[].Name" in text
    assert WITHHELD in text


@pytest.mark.parametrize(
    ("value", "is_kept"),
    [("ON_HOLD", True), ("OnHold", False), ("on-hold", False), ("HOLD2", False), ("A" * 41, False)],
)
def test_a_new_value_is_kept_in_the_style_of_the_others(value: str, is_kept: bool) -> None:
    found = shapes_of("organizations:ListAccounts", json.dumps({"Accounts": [{"State": value}]}))
    assert found["values"] == {"Accounts[].State": [value if is_kept else WITHHELD]}


def test_what_is_cut_has_no_shape() -> None:
    assert shapes_of("organizations:ListAccounts", '{"Accounts": [', "") is None
