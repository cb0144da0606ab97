"""`rolecall compare`: findings of Prowler beside ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.assets.cli.support import refused, rolecall

CHECK = "iam_rotate_access_key_90_days"


def event(account_id: str, resource: str, status: str, check: str = CHECK) -> dict[str, Any]:
    return {
        "metadata": {"event_code": check},
        "status_code": status,
        "cloud": {"account": {"uid": account_id}},
        "resources": [{"uid": resource}],
    }


def compared(published: str, events: list[dict[str, Any]], *more: str) -> list[dict[str, Any]]:
    Path("prowler.json").write_text(json.dumps(events))
    result = rolecall("compare", "prowler.json", "--home", published, "--format", "json", *more)
    assert result.exit_code == 0, result.stderr
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return rows


@pytest.fixture
def keys(published: str) -> list[tuple[str, str, str]]:
    """Account, resource and verdict of our findings for the check."""
    with duckdb.connect(Path(published, "rolecall.duckdb"), read_only=True) as con:
        query = "select account_id, resource, verdict from findings where control_id = 'key_rotation' order by all"
        return [row for row in con.execute(query).fetchall() if row[2] in ("pass", "fail")]


def test_findings_meet_by_resource(published: str, keys: list[tuple[str, str, str]]) -> None:
    (account_id, resource, verdict), other = keys[0], {"pass": "FAIL", "fail": "PASS"}
    agreed = [event(account_id, resource, verdict.upper())]
    assert [row["outcome"] for row in compared(published, agreed, "--all") if row["resource"] == resource] == ["same"]
    (row,) = [
        r for r in compared(published, [event(account_id, resource, other[verdict])]) if r["resource"] == resource
    ]
    assert (row["outcome"], row["control_id"], row["rolecall"]) == ("differs", "key_rotation", verdict)
    assert row["reason"]


def test_what_one_side_lacks_is_said(published: str, keys: list[tuple[str, str, str]]) -> None:
    account_id = keys[0][0]
    rows = compared(
        published, [event(account_id, "arn:aws:iam::1:user/nobody", "FAIL"), event(account_id, "x", "FAIL", "ec2_x")]
    )
    assert {row["outcome"] for row in rows} == {"only Prowler", "only Rolecall"}
    assert {row["check_id"] for row in rows} == {CHECK}
    ours = {row["resource"] for row in rows if row["outcome"] == "only Rolecall"}
    assert ours >= {resource for account, resource, _ in keys if account == account_id}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not valid JSON"),
        ("{}", "expected a list of events"),
        ('[{"status_code": "PASS"}]', "event 1 is no OCSF finding of Prowler: it lacks 'metadata'"),
    ],
)
def test_another_file_is_refused(published: str, text: str, says: str) -> None:
    Path("prowler.json").write_text(text)
    assert says in refused("compare", "prowler.json", "--home", published)
    assert "No such file" in refused("compare", "nope.json", "--home", published)
