"""Which guardrails are ready: by account, against rehearsals of the same policy at each account, and as files."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from pipeline import knowledge
from pipeline.policy import Policy, Tri, judge_objective, objectives
from pipeline.policy.guards import Site
from pipeline.rehearse import attachable
from pipeline.rehearse.answer import rehearse
from pipeline.rehearse.breaks import Break
from pipeline.rehearse.losses import Certainty
from pipeline.rehearse.ready import Readiness, document, of_objective, packed, proposed, state_of
from pipeline.settings import Refused, Settings
from tests.pipeline.explain.explained import allow
from tests.pipeline.rehearse.organization import DARK, OTHER, Row, arn
from tests.sql.harness import MEMBER

RAW = {raw["id"]: raw for raw in knowledge.load("guardrail_objectives").facts["objective"] if raw["kind"] == "scp"}
FULL = Policy.read("FullAWSAccess", {"Statement": allow("*")}, "scp")


def made(*actions: str, **probe: str) -> Row:
    probes = [{"action": action, **probe} for action in actions]
    return {"id": "made_up", "kind": "scp", "title": "Made up", "probes": probes}


@pytest.mark.parametrize("name", [name for name, raw in RAW.items() if "no_policy" not in raw])
def test_each_policy_meets_its_objective(name: str) -> None:
    policy = Policy.read(name, document([proposed(RAW[name], ["eu-west-1"])]), "scp")
    (objective,) = (one for one in objectives("scp") if one.id == name)
    result = judge_objective(objective, ((FULL,), (FULL, policy)), Site(MEMBER, "aws", "o-example"))
    assert (result.met, result.loopholes) == (Tri.YES, ())


@pytest.mark.parametrize(
    ("actions", "states"),
    [
        (("s3:DeleteBucket",), {MEMBER: "unknown", OTHER: "exceptions", DARK: "unknown"}),
        (("kms:ScheduleKeyDeletion",), {MEMBER: "unknown", OTHER: "ready", DARK: "unknown"}),
        (("ec2:CreateVpc",), {MEMBER: "unknown", OTHER: "ready", DARK: "unknown"}),
    ],
)
def test_states_of_accounts(
    actions: tuple[str, ...], states: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    raw = made(*actions)
    found = of_objective(settings, raw, 90)
    assert {one.account_id: one.state for one in found.accounts} == states
    file = tmp_path / "made_up.json"
    file.write_text(document([proposed(raw)]))
    where = MEMBER if states[OTHER] == "ready" else OTHER
    (one,) = (one for one in found.accounts if one.account_id == where)
    alone = rehearse(settings, "scp", [file], where)
    assert {(each.principal_arn, each.action, each.certainty) for each in one.breaks} == {
        (each.principal_arn, each.action, each.certainty) for each in alone.breaks
    }
    assert len(one.unread) == len(alone.unknown)


def used(number: int, certainty: Certainty) -> Break:
    who = arn("role", f"r{number}")
    return Break(who, MEMBER, None, "s3:x", "action", datetime(2026, 11, 1), None, certainty, (), "", None)


@pytest.mark.parametrize(
    ("breaks", "unread", "root_was_used", "state"),
    [
        ([], [], False, "ready"),
        ([], [], True, "not_yet"),
        ([], [{}], False, "unknown"),
        ([used(1, "certain"), used(1, "conditional")], [], False, "exceptions"),
        ([used(1, "certain"), used(2, "conditional")], [], False, "possible"),
        ([used(1, "certain")], [{}], False, "unknown"),
        ([used(number, "certain") for number in range(4)], [{}], False, "not_yet"),
    ],
)
def test_the_worst_that_is_sure_counts(breaks: list[Break], unread: list[Row], root_was_used: bool, state: str) -> None:
    assert state_of(breaks, unread, root_was_used) == state


def test_exceptions_are_named_and_how_others_become_them(settings: Settings) -> None:
    found = of_objective(settings, made("s3:DeleteBucket"), 90)
    assert found.exceptions == (arn("role", "builder", OTHER),)
    assert any("iam:UpdateAssumeRolePolicy" in text or "iam:CreateRole" in text for text in found.loopholes)
    excepting = proposed(made("s3:DeleteBucket"), exceptions=found.exceptions)
    assert excepting["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": [arn("role", "builder", OTHER)]}}


def test_what_is_met_and_what_is_not_known(settings: Settings) -> None:
    stay = of_objective(settings, RAW["leave_organization"], 90)
    assert {one.account_id: one.state for one in stay.accounts}[MEMBER] == "met"
    root = {one.account_id: one for one in of_objective(settings, RAW["root_user"], 90).accounts}
    assert root[OTHER].state == "unknown"
    assert [row["call"] for row in root[OTHER].unread] == ["iam:GetCredentialReport"]
    networks = of_objective(settings, RAW["unexpected_network"], 90)
    assert (networks.statement, networks.accounts) == (None, ())
    assert networks.no_policy


def test_places_are_the_highest_that_are_ready(settings: Settings) -> None:
    found = of_objective(settings, made("kms:ScheduleKeyDeletion"), 90)
    assert list(found.at or {}) == [OTHER]


def test_policies_are_packed_within_the_quota() -> None:
    statements = [
        {"Sid": f"S{n}", "Effect": "Deny", "Action": [f"s3:X{'y' * 100}{n}"], "Resource": "*"} for n in range(99)
    ]
    texts = packed(statements)
    assert [one for text in texts for one in json.loads(text)["Statement"]] == statements
    assert max(map(len, texts)) <= 10_240 < len(texts[0]) + len(document([statements[-1]]))


def test_files_attach_what_is_ready(tmp_path: Path) -> None:
    statement = proposed(made("kms:ScheduleKeyDeletion"))
    places = {"ou-root-workload": "/Work's\nexit 1\n", OTHER: "shop"}
    found = Readiness("made_up", "Made up", statement, at=places)
    folder = tmp_path / "out"
    written = attachable.write([found, Readiness("none", "None", None, no_policy="x")], folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*(f"{one.name}.json" for one in written), "attach.sh", "guardrails.tf"]
    )
    for one in written:
        text = (folder / f"{one.name}.json").read_text()
        assert Policy.read("p", text, "scp").document
        assert f'file("${{path.module}}/{one.name}.json")' in (folder / "guardrails.tf").read_text()
    with pytest.raises(Refused, match="not an empty folder"):
        attachable.write([found], folder)
    calls = ran(folder, tmp_path)
    assert [call[:2] for call in calls] == [["organizations", "create-policy"], ["organizations", "attach-policy"]] * 2
    assert {call[call.index("--target-id") + 1] for call in calls if "--target-id" in call} == set(places)
    assert json.loads(calls[0][calls[0].index("--content") + 1])["Statement"] == [statement]


def ran(folder: Path, tmp_path: Path) -> list[list[str]]:
    """The calls of the script, by an `aws` that writes down what it was asked."""
    log, program = tmp_path / "calls", tmp_path / "bin" / "aws"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\037" "$@" >> {log}\nprintf "\\036" >> {log}\necho p-12345678\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["sh", str(folder / "attach.sh")], check=True, env={**os.environ, "PATH": path})
    return [call.split("\x1f")[:-1] for call in log.read_text().split("\x1e")[:-1]]
