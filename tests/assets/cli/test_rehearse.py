"""`rolecall rehearse` and `rolecall guardrails`: text, JSON, files, exit codes, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.assets.cli.support import rolecall
from tests.pipeline.rehearse import organization
from tests.pipeline.rehearse.organization import OTHER, UNIT, arn, saved

DENY = {"Sid": "NoBuckets", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(organization.home(tmp_path_factory))


def test_something_breaks(home: str, tmp_path: Path) -> None:
    file = str(saved(tmp_path, "keep-buckets", DENY))
    result = rolecall("rehearse", file, "--as", "scp", "--at", "/Workloads", "--home", home)
    assert result.exit_code == 1, result.output
    assert "for certain: 1 use by 1 principal" in result.stdout
    assert "scp keep-buckets NoBuckets" in result.stdout
    result = rolecall("rehearse", file, "--as", "scp", "--at", UNIT, "--home", home, "--json")
    told = json.loads(result.stdout)
    (broken,) = told["breaks"]
    assert (broken["principal_arn"], broken["action"]) == (arn("role", "builder"), "s3:DeleteBucket")
    assert broken["statement"]["statement"]["Effect"] == "Deny"
    assert {"turns", "closes", "untouched", "limits", "unknown", "locks_out", "measures"} <= told.keys()


def test_nothing_certain_breaks(home: str, tmp_path: Path) -> None:
    file = str(saved(tmp_path, "no-kms", DENY | {"Action": "kms:*"}))
    page = tmp_path / "page.html"
    result = rolecall("rehearse", file, "--as", "scp", "--at", "root", "--home", home, "--html", str(page))
    assert result.exit_code == 0, result.output
    assert "Nothing breaks for certain" in page.read_text()
    assert "not known: 3 principals or accounts" in result.stdout


def test_what_aws_would_not_take(home: str, tmp_path: Path) -> None:
    path = saved(tmp_path, "long", DENY | {"Resource": [f"arn:aws:s3:::{'x' * 60}{number}" for number in range(200)]})
    result = rolecall("rehearse", str(path), "--as", "scp", "--at", UNIT, "--home", home)
    assert result.exit_code == 1
    assert "NO   size" in result.stdout


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        ("{", ("--as", "scp", "--at", "root"), "(line 1, column 2"),
        ('{"Statement": []}', ("--as", "scp", "--at", "root"), "document, Statement: expected"),
        (json.dumps({"Statement": DENY}), ("--as", "trust", "--at", "x"), "statement 0, Resource: expected no"),
        (None, ("--as", "scp", "--at", "root"), "No such file"),
        (json.dumps({"Statement": DENY}), ("--as", "scp", "--at", "/Nowhere"), "--at /Nowhere: no root, OU"),
        (json.dumps({"Statement": DENY}), ("--as", "scp", "--at", arn("role", "builder")), "cannot have a scp policy"),
        (json.dumps({"Statement": DENY}), ("--as", "identity", "--at", "root"), "cannot have a identity policy"),
        (json.dumps({"Statement": DENY}), ("--as", "scp", "--at", "root", "--replace", "stay"), "stay: no SCP"),
        (json.dumps({"Statement": DENY}), ("--as", "scp", "--at", "root", "--events", "gone"), "gone: no file"),
        (json.dumps({"Statement": DENY}), ("--as", "scp", "--at", "root", "--html", "gone/x"), "gone/x: No such"),
        (json.dumps({"Statement": DENY}), ("--as", "scp", "--at", "123456789012"), "no active account"),
    ],
)  # fmt: skip
def test_refused_in_one_sentence(
    text: str | None, arguments: tuple[str, ...], sentence: str, home: str, tmp_path: Path
) -> None:
    file = tmp_path / "policy.json"
    if text is not None:
        file.write_text(text)
    result = rolecall("rehearse", str(file), *arguments, "--home", home)
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.strip().splitlines()
    assert sentence in line


def test_nothing_to_rehearse(home: str) -> None:
    result = rolecall("rehearse", "--as", "scp", "--at", "root", "--home", home)
    assert result.exit_code == 2
    assert "rehearse what?" in result.stderr


def test_counts_by_objective(home: str) -> None:
    told = json.loads(rolecall("guardrails", "--json", "--home", home).stdout)
    (stay,) = [row for row in told if row["objective"] == "leave_organization"]
    assert (stay["met"], stay["not_met"]) == (1, 2)
    assert "leave_organization" in rolecall("guardrails", "--home", home).stdout


def test_what_is_ready(home: str, tmp_path: Path) -> None:
    asked = ("guardrails", "--ready", "--objective", "key_deletion", "--home", home)
    told = json.loads(rolecall(*asked, "--json").stdout)
    (one,) = told["objectives"]
    assert list(one["at"]) == [OTHER]
    assert [each["target"] for each in told["policies"]] == [OTHER]
    folder = tmp_path / "out"
    result = rolecall(*asked, "--write", str(folder))
    assert result.exit_code == 0, result.output
    assert "1 policy written to" in result.stdout
    assert "sts:AssumeRole" in result.stdout
    assert json.loads((folder / f"rolecall-{OTHER}-1.json").read_text())["Statement"][0]["Sid"] == "KeyDeletion"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--ready", "--objective", "nonsense"), "--objective nonsense: not an SCP objective; expected one of"),
        (("--objective", "key_deletion"), "--objective and --write belong to --ready"),
    ],
)
def test_guardrails_refused(home: str, arguments: tuple[str, ...], sentence: str) -> None:
    result = rolecall("guardrails", *arguments, "--home", home)
    assert result.exit_code == 2
    assert sentence in result.stderr
