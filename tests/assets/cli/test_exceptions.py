"""`rolecall exceptions`: the register listed, checked, and extended by a finding."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.assets.cli.support import refused, rolecall

KEY = ("--control", "key_rotation", "--resource", "alice/accesskey/AKIAEXAMPLE1")
WORDS = ("--owner", "payments@example.com", "--reason", 'Moves to a "role"', "--ticket", "SEC-1")
REGISTER = """
[[exceptions]]
control = "root_mfa"
owner = "a"
reason = "b"
ticket = "c"
expires_on = 2026-11-20
"""


@pytest.fixture
def register() -> Path:
    path = Path("exceptions.toml")
    path.write_text(REGISTER)
    return path


def test_entries_are_listed_with_their_state(register: Path) -> None:
    text = rolecall("exceptions", "--format", "json").stdout
    assert [(row["state"], row["control_id"]) for row in json.loads(text)] == [("live", "root_mfa")]
    register.write_text(REGISTER.replace("2026-11-20", "2026-11-15"))
    assert json.loads(rolecall("exceptions", "list", "--format", "json").stdout)[0]["state"] == "expired"
    assert rolecall("exceptions", "check").stdout == "exceptions.toml: 1 entries, 1 of them expired\n"


@pytest.mark.parametrize(("days", "listed"), [("3", 0), ("4", 1)])
def test_entries_that_expire_soon(register: Path, days: str, listed: int) -> None:
    assert len(json.loads(rolecall("exceptions", "expiring", "--days", days, "--format", "json").stdout)) == listed


def test_a_register_that_is_not_valid_is_refused(register: Path) -> None:
    register.write_text(REGISTER.replace("root_mfa", "root_fma"))
    assert "exceptions.toml: [[exceptions]] number 1: control" in refused("exceptions", "check")


def test_an_entry_is_added_for_a_finding_that_fails(register: Path, published: str) -> None:
    done = rolecall("exceptions", "add", *KEY, *WORDS, "--until", "2027-03-31", "--home", published)
    assert done.exit_code == 0, done.stderr
    added = tomllib.loads(register.read_text())["exceptions"][1]
    assert added["control"] == "key_rotation"
    assert added["reason"] == 'Moves to a "role"'
    assert added["expires_on"].isoformat() == "2027-03-31"
    assert register.read_text().startswith(REGISTER)
    assert rolecall("exceptions", "check").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((*KEY, *WORDS), "--until must be given"),
        ((*KEY, *WORDS, "--until", "2026-11-15"), "today or later, and within a year"),
        ((*KEY, *WORDS, "--until", "2028-11-15"), "today or later, and within a year"),
        ((*WORDS, "--until", "2026-12-31"), "--control and --resource must name a finding"),
        (("--control", "nope", "--resource", "x", *WORDS, "--until", "2026-12-31"), "no control 'nope'"),
        (("--control", "key_rotation", "--resource", "nobody", *WORDS, "--until", "2026-12-31"), "nobody"),
    ],
)
def test_what_cannot_be_excepted_changes_nothing(
    register: Path, published: str, arguments: tuple[str, ...], says: str
) -> None:
    assert says in refused("exceptions", "add", *arguments, "--home", published)
    assert register.read_text() == REGISTER
    assert [path.name for path in Path().glob(".exc*")] == []
