"""What to do, in words and commands: names filled in, quoted, and no command for what it does not fit."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from pipeline.warehouse import models
from reports import steps

CONTROLS: dict[str, dict[str, Any]] = {
    name: {"control_id": name, "fix": model.control.fix, "severity": model.control.severity}
    for name, model in models.load().controls.items()
    if model.control
}
USER: dict[str, Any] = {
    "kind": "user",
    "name": "ann smith; rm -rf /",
    "target": "arn:aws:iam::100000000001:user/ann",
    "account_id": "100000000001",
    "made_by": "account owner",
    "controls": ["no_human_iam_users", "key_rotation"],
    "accounts": 1,
}


def test_a_user_that_should_not_be_is_retired_in_steps() -> None:
    assert steps.title(USER, CONTROLS).startswith("Retire IAM user ann smith")
    made = steps.steps(USER, CONTROLS)
    commands = [step.command for step in made if step.command]
    assert ["update-access-key" in commands[0], "delete-login-profile" in commands[1]] == [True, True]
    for command in commands:
        assert shlex.quote(USER["name"]) in command


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        ({"controls": ["admin_user_mfa"]}, "Correct user ann"),
        ({"made_by": "organization", "account_id": None, "accounts": 34}, "Correct user ann in 34 accounts"),
        ({"kind": "role", "controls": ["unused_roles"]}, "Remove the unused role ann"),
        ({"kind": "policy", "controls": ["no_admin_customer_policies"]}, "Replace or delete policy ann"),
        ({"kind": "permission set", "account_id": None, "accounts": 3}, "Correct permission set ann in 3 accounts"),
        (
            {"kind": "account setting", "name": "BP05-02", "controls": ["root_mfa"]},
            "Remove the root credentials by centralized root access",
        ),
        ({"kind": "resource", "controls": ["no_public_findings"]}, "ann: remove the public statement from the"),
    ],
)
def test_a_change_in_a_few_words(changed: dict[str, Any], title: str) -> None:
    assert steps.title(USER | {"name": "ann"} | changed, CONTROLS).startswith(title)


def test_a_command_is_shown_only_where_it_fits() -> None:
    bucket = USER | {"kind": "resource", "name": "b", "controls": ["no_public_findings"]}
    (in_s3,) = steps.steps(bucket | {"target": "arn:aws:s3:::b"}, CONTROLS)
    (elsewhere,) = steps.steps(bucket | {"target": "arn:aws:sqs:eu-west-1:1:b"}, CONTROLS)
    assert "put-public-access-block --bucket b" in str(in_s3.command)
    assert elsewhere.command is None


def test_ids_are_filled_in() -> None:
    setting = USER | {
        "kind": "organization setting",
        "target": None,
        "account_id": None,
        "controls": ["rcp_objectives"],
    }
    (step,) = steps.steps(setting, CONTROLS, "r-ab12")
    assert "--type RESOURCE_CONTROL_POLICY" in str(step.command)
    assert "--target-id r-ab12" in str(step.command)
    (root,) = steps.steps(USER | {"kind": "account setting", "controls": ["root_mfa"]}, CONTROLS)
    assert "--target-principal 100000000001" in str(root.command)


def test_every_command_is_of_a_control_and_can_be_filled() -> None:
    assert steps.COMMANDS.keys() <= CONTROLS.keys()
    for control_id in steps.COMMANDS:
        for kind in ("user", "role", "resource", "account setting", "organization setting"):
            for step in steps.steps(USER | {"kind": kind, "controls": [control_id]}, CONTROLS):
                assert "{name}" not in str(step.command)
