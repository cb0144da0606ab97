"""`rolecall check`, and the commands of docs/checks-before-merge.md."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from tests.assets.cli.support import refused, rolecall
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "checks-before-merge.md").read_text(encoding="utf-8")
READ = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}


def write(path: str, *statements: dict[str, object]) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def template(path: str, resource: object) -> None:
    document = {"Version": "2012-10-17", "Statement": [READ | {"Resource": resource}]}
    properties = {"ManagedPolicyName": "ours", "PolicyDocument": document}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(
        json.dumps({"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}}})
    )


@pytest.fixture
def files() -> None:
    """The files that the page speaks of, in the folder of the test; nothing is wrong with them."""
    for name in ("policy.json", "new.json", "old.json"):
        write(name, READ)
    template("template.yaml", "arn:aws:s3:::b")
    template("main/template.yaml", "arn:aws:s3:::b")
    template("templates/one.yaml", "arn:aws:s3:::b")
    Path("plan.json").write_text(json.dumps({"format_version": "1.2", "resource_changes": []}))


def commands() -> list[str]:
    return re.findall(r"rolecall (?:check|who-can) [^\n]*", PAGE)


def test_the_commands_of_the_page_run(files: None, published: str) -> None:
    ran = 0
    for line in commands():
        line = line.partition(" > ")[0].partition("`")[0]
        result = rolecall(*shlex.split(line)[1:], "--home", published)
        if "plan.json" in line or "payroll" in line:  # a plan without policies; a bucket that this night does not have
            assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1), line
        else:
            assert result.exit_code in (0, 1), (line, result.output)
        ran += 1
    assert ran >= 10


def test_the_page_has_every_rule() -> None:
    from pipeline.questions.rules import RULES

    assert set(RULES) <= set(re.findall(r"`([a-z-]+)`", PAGE))


def test_the_hook_is_this_command() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"] == "rolecall check"


def test_exit_codes() -> None:
    write("good.json", READ)
    write("bad.json", READ | {"Action": "*", "Resource": "*"})
    write("broad.json", {"Effect": "Allow", "Action": "kms:*", "Resource": "*"})
    template("open.json", {"Ref": "Bucket"})
    for arguments, code in (
        (["good.json"], 0),
        (["bad.json"], 1),
        (["good.json", "bad.json"], 1),
        (["broad.json"], 1),
        (["broad.json", "--fail-on", "error"], 0),
        (["open.json", "--not-granted", "s3:ListBucket"], 1),
        (["good.json", "--not-granted", "s3:Get*"], 0),
        (["good.json", "--against", "bad.json"], 0),
        (["bad.json", "--against", "good.json"], 1),
    ):
        result = rolecall("check", *arguments)
        assert result.exit_code == code, (arguments, result.output)


def test_an_open_reference_is_not_known_unless_it_is_accepted() -> None:
    template("open.json", {"Ref": "Buckets"})
    Path("open.json").write_text(Path("open.json").read_text().replace("s3:ListBucket", "s3:*"))
    result = rolecall("check", "open.json", "--format", "json")
    assert result.exit_code == 1
    assert {remark["rule"] for remark in json.loads(result.stdout)["remarks"]} == {"not-known"}
    assert rolecall("check", "open.json", "--allow-unknown").exit_code == 0


def test_formats() -> None:
    write("bad.json", READ | {"Action": "*", "Resource": "*"})
    assert json.loads(rolecall("check", "bad.json", "--format", "sarif").stdout)["version"] == "2.1.0"
    assert rolecall("check", "bad.json", "--format", "junit").stdout.startswith("<?xml")
    assert rolecall("check", "bad.json", "--format", "github").stdout.startswith("::error file=bad.json")
    assert "administrator" in rolecall("check", "bad.json").stdout


def test_against_the_night(published: str) -> None:
    write("limit.json", READ)
    assert rolecall("check", "limit.json", "--against", "night", "--home", published).exit_code == 0
    write("limit.json", READ | {"Action": ["s3:*", "sqs:*"], "Resource": "*"})
    result = rolecall("check", "limit.json", "--against", "night", "--home", published)
    assert result.exit_code == 1
    assert "sqs:" in result.stdout
    assert "s3:" not in result.stdout


def test_what_cannot_be_read_is_refused_in_one_sentence() -> None:
    Path("broken.json").write_text('{"Statement": [')
    assert "broken.json: line 1, column 16" in refused("check", "broken.json")
    Path("other.json").write_text("{}")
    assert "holds no policy" in refused("check", "other.json")
    assert "nowhere.json" in refused("check", "nowhere.json")
    write("good.json", READ)
    assert "missing.json" in refused("check", "good.json", "--against", "missing.json")
