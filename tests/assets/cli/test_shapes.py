"""`rolecall shapes`: a file of names that a user can send, with nothing of the organization in it."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from assets.cli import shapes
from pipeline.aws.shapes import Shapes
from pipeline.settings import Settings
from tests.conftest import Loopback
from tests.pipeline.aws.test_members import model


def test_what_is_written_says_of_what_versions_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Shapes()
    body = b'{"Accounts": [{"Id": "111122223333", "State": "ACTIVE"}]}'
    found(model("organizations:ListAccounts"), {"status_code": 200, "body": body})
    monkeypatch.setattr("pipeline.collect.shapes.read", lambda *_: found)
    output = tmp_path / "shapes.json"
    shapes.write(Console(), Settings(), date(2026, 11, 20), 1, output)
    written = json.loads(output.read_text())
    assert written.keys() == {"rolecall", "botocore", "operations"}
    assert written["operations"]["organizations:ListAccounts"]["values"] == {"Accounts[].State": ["ACTIVE"]}
    assert "111122223333" not in output.read_text()


@pytest.mark.slow
def test_an_organization_s_shapes_have_nothing_of_it(aws: Loopback, tmp_path: Path) -> None:
    settings = aws.settings(tmp_path / "home", include_ous=["Workloads/NonProd/Data"])
    output = tmp_path / "shapes.json"
    shapes.write(Console(), settings, aws.nights[0], 1, output)
    text = output.read_text()
    operations: dict[str, Any] = json.loads(text)["operations"]
    assert {
        "organizations:ListAccounts",
        "iam:GetAccountAuthorizationDetails",
        "sso:DescribeInstance",
    } <= operations.keys()
    assert {path for found in operations.values() for path in found["not_in_model"]} == set()
    assert re.findall(r"\d{12}|arn:|AKIA|ASIA|@|\.example", text) == []
    assert not (tmp_path / "home").exists()
