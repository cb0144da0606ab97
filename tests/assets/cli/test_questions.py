"""`rolecall who-can`, `what-can` and `how` on a small published night."""

from __future__ import annotations

import json

from pipeline.policy import parse
from tests.assets.cli.support import rolecall
from tests.pipeline.explain.explained import VENDOR, arn


def test_who_can_lists_callers_with_what_allows_them(published: str) -> None:
    asked = ("who-can", "iam:PassRole", arn("role", "target-one"), "--home", published)
    result = rolecall(*asked, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert {each["name"]: each["because"] for each in answer["may"]} == {
        "admin": ["identity policy own, Everything"],
        "builder": ["identity policy own, Pass"],
        "split": ["identity policy first, statement 0", "identity policy second, statement 0"],
    }
    assert answer["account_id"] == "111111111111"
    shown = rolecall(*asked)
    assert "May: 3" in shown.stdout
    assert "builder" in shown.stdout


def test_strangers_are_listed(published: str) -> None:
    answer = json.loads(
        rolecall("who-can", "sts:AssumeRole", arn("role", "partner"), "--json", "--home", published).stdout
    )
    assert [each["name"] for each in answer["may"] if each["kind"] == "stranger"] == [VENDOR]
    assert VENDOR in rolecall("who-can", "sts:AssumeRole", arn("role", "partner"), "--home", published).stdout


def test_expect_fails_where_somebody_else_may(published: str) -> None:
    asked = ("who-can", "iam:PassRole", arn("role", "target-one"), "--home", published, "--expect")
    assert rolecall(*asked, "admin, split,build*").exit_code == 0
    result = rolecall(*asked, "admin,split")
    assert result.exit_code == 1
    assert f"not expected, may: {arn('role', 'builder')}" in result.stderr
    assert rolecall(*asked, "nobody").exit_code == 1
    # What is not known is never taken for expected.
    queue = ("who-can", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:jobs", "--home", published)
    assert "not known" in rolecall(*queue, "--expect", "admin").stderr


def test_by_steps(published: str) -> None:
    asked = ("who-can", "iam:CreateUser", "--account", "111111111111", "--steps", "1", "--json", "--home", published)
    answer = json.loads(rolecall(*asked).stdout)
    assert {each["arn"].rpartition("/")[2] for each in answer["by_steps"]} >= {"builder"}


def test_what_can_as_text_and_as_policy(published: str) -> None:
    result = rolecall("what-can", "builder", "--home", published)
    assert result.exit_code == 0, result.output
    assert "lambda" in result.stdout
    document = parse(rolecall("what-can", "bounded", "--json", "--home", published).stdout)
    assert [statement.effect for statement in document.statements] == ["Deny"]  # the boundary leaves it nothing
    written = json.loads(rolecall("what-can", "builder", "--json", "--home", published).stdout)
    allowed = {action for each in written["Statement"] if each["Effect"] == "Allow" for action in each["Action"]}
    assert allowed == {"iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"}
    on = rolecall("what-can", "builder", "--on", arn("role", "target-one"), "--home", published)
    assert "iam:PassRole" in on.stdout
    assert "no user, role or permission set nobody" in rolecall("what-can", "nobody", "--home", published).stderr


def test_how_shows_the_hops_and_what_cuts(published: str) -> None:
    result = rolecall("how", "builder", "--home", published)
    assert result.exit_code == 0, result.output
    assert "1. lambda" in result.stdout
    answer = json.loads(rolecall("how", "builder", "--json", "--home", published).stdout)
    (way,) = answer["ways"]
    assert way["certainty"] == "certain"
    assert {each["policy"] for step in way["steps"] for each in step["statements"]} == {"own"}
    assert answer["cuts"]
    assert "No way is known" in rolecall("how", "target-one", "--home", published).stdout
    assert rolecall("how", "builder", "--to", "builder", "--home", published).exit_code == 2


def test_a_night_that_has_not_landed_is_refused(published: str) -> None:
    result = rolecall("who-can", "s3:GetObject", "--at", "2020-01-01", "--home", published)
    assert (result.exit_code, len(result.stderr.strip().splitlines())) == (2, 1)
    assert rolecall("who-can", "s3:GetObject", "--home", "nowhere").exit_code == 2
