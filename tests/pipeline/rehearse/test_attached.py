"""Rehearsed is attached: the change is made in the emulator, a night is read and judged, and its findings are equal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import duckdb
import pytest

from demo.emulator.call import State
from demo.organization.model_organization import Organization
from demo.organization.scene import Scene
from pipeline.night import WAREHOUSE
from pipeline.rehearse import closed, edits, lockouts
from pipeline.rehearse.breaks import Breaks
from pipeline.rehearse.change import resolved
from pipeline.rehearse.session import opened
from pipeline.settings import Settings
from tests.pipeline.rehearse import changes, emulated
from tests.pipeline.rehearse.emulated import Emulated, Findings
from tests.pipeline.rehearse.organization import Row

ASKS_AWS = {
    "external_analyzer_all_regions": "were not read",
    "identity_policies_validate": "has not been validated",
    "org_policies_validate": "has not been validated",
    "resource_trust_policies_validate": "has not been validated",
    "rightsizing_adopted": "a rehearsal does not ask",
    "unused_permissions": "a rehearsal does not ask",
}
"""Controls that rest on what AWS says of a new policy: the rehearsal's unknown, with these words."""


IN_AWS_WORDS = {"unused_permissions": "read_on", "external_analyzer_all_regions": closed.CLOSES}
"""Controls whose evidence has what only AWS words: an older report on use, with its date; why a Region is closed."""


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulated]:
    with emulated.running() as one:
        yield one


def rehearsed(settings: Settings, asked: changes.Asked, folder: Path) -> tuple[Findings, set[str]]:
    """The findings of the rehearsal, and the accounts in which somebody is locked out."""
    files = [folder / f"{name}.json" for name in asked.files]
    for file in files:
        file.write_text(changes.text(asked.files[file.stem]))
    with opened(settings) as session:
        change = resolved(session.con, asked.kind, files, asked.at, asked.replaced, asked.detached)
        session.apply([*edits.of(session.con, change), *closed.of(session.con, change, settings)])
        found = emulated.findings(session.con)
        accounts = change.target.accounts
        locked = lockouts.of(session, Breaks(session, accounts, 90, ["111111111111"]), accounts)
    return found, {one.account_id for one in locked}


def may_differ(key: emulated.Key, told: Row | None, real: Row | None) -> bool:
    """Whether the rehearsal says that it does not know, for it would have to ask AWS; or whether only the
    evidence differs, in what AWS would say.
    """
    row = told or real or {}
    if row["verdict"] == "unknown" and ASKS_AWS.get(key[0], "-") in str(row["reason"]):
        return True
    says = IN_AWS_WORDS.get(key[0], "-") in str(row["evidence"])
    return bool(says and told and real and told | {"evidence": real["evidence"]} == real)


def unread(home: Path) -> set[tuple[str, str]]:
    """Account and dataset of what could not be read."""
    with duckdb.connect(str(home / WAREHOUSE), read_only=True) as con:
        return set(con.execute("select account_id, dataset from raw_extracts where status <> 'ok'").fetchall())


def check(emulator: Emulated, seed: int, times: int, members: int, folder: Path) -> int:
    """Random changes of a random organization. Returns how many were compared; others lock the reader role out."""
    org: Organization = emulated.small(seed, members)
    emulator.emulator.state = State(Scene(seed, emulated.NIGHT), org)
    emulator.keep_use(org)
    emulator.show(org)
    settings = emulator.published(folder / "base")
    compared, dark = 0, {account for account, dataset in unread(settings.home) if dataset == "roles"}
    for number in range(times):
        asked = changes.random_change(Random(seed * 1000 + number), org, f"new-{number}")
        if asked.at.split(":")[4:5] and asked.at.split(":")[4] in dark:
            continue  # what was not read cannot be rehearsed
        home = folder / str(number)
        home.mkdir()
        told, locked = rehearsed(settings, asked, home)
        attached, _ = emulator.attached(org, asked, home)
        lost = {account for account, _ in unread(home) - unread(settings.home)}
        if lost:
            assert lost <= locked, asked
            continue
        differ = {key for key in told.keys() | attached.keys() if told.get(key) != attached.get(key)}
        wrong = {
            key: (told.get(key), attached.get(key))
            for key in differ
            if not may_differ(key, told.get(key), attached.get(key))
        }
        assert not wrong, asked
        compared += 1
    return compared


@pytest.mark.slow
def test_rehearsed_is_attached(emulator: Emulated, tmp_path: Path) -> None:
    assert check(emulator, 5, 1, 1, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 125))
def test_rehearsed_is_attached_on_random_organizations(seed: int, emulator: Emulated, tmp_path: Path) -> None:
    assert check(emulator, seed, 10, 2, tmp_path)
