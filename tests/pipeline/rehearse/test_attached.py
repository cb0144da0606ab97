"""Rehearsed is attached: the change is made in the emulator, a night is read and judged, and its findings are equal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import duckdb
import pytest

from demo.emulator.call import State
from demo.organization.model_organization import Organization
from demo.organization.nights import organization_on
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


def settled(emulator: Emulated, seed: int, org: Organization, folder: Path) -> Settings:
    """The settings of a published night of the organization, in which only what was used stays used."""
    emulator.emulator.state = State(Scene(seed, emulated.NIGHT), org)
    emulator.keep_use(org)
    emulator.show(org)
    return emulator.published(folder)


def is_equal(emulator: Emulated, org: Organization, settings: Settings, asked: changes.Asked, home: Path) -> bool:
    """Assert that rehearsed is attached. Returns whether it was compared: other changes are of what was not read, or
    lock the reader role out.
    """
    dark = {account for account, dataset in unread(settings.home) if dataset == "roles"}
    if asked.at.split(":")[4:5] and asked.at.split(":")[4] in dark:
        return False
    home.mkdir()
    told, locked = rehearsed(settings, asked, home)
    attached, _ = emulator.attached(org, asked, home)
    lost = {account for account, _ in unread(home) - unread(settings.home)}
    if lost:
        assert lost <= locked, asked
        return False
    pairs = {key: (told.get(key), attached.get(key)) for key in told.keys() | attached.keys()}
    wrong = {key: pair for key, pair in pairs.items() if pair[0] != pair[1] and not may_differ(key, *pair)}
    assert not wrong, asked
    return True


def compared(emulator: Emulated, seed: int, times: int, members: int, folder: Path) -> int:
    """How many random changes of a random organization were compared."""
    org = emulated.small(seed, members)
    settings = settled(emulator, seed, org, folder / "base")
    every = (changes.random_change(Random(seed * 1000 + one), org, f"new-{one}") for one in range(times))
    return sum(is_equal(emulator, org, settings, asked, folder / str(one)) for one, asked in enumerate(every))


@pytest.mark.slow
def test_rehearsed_is_attached(emulator: Emulated, tmp_path: Path) -> None:
    assert compared(emulator, 5, 1, 1, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 125))
def test_rehearsed_is_attached_on_random_organizations(seed: int, emulator: Emulated, tmp_path: Path) -> None:
    assert compared(emulator, seed, 10, 2, tmp_path)


@pytest.fixture(scope="module")
def demo(emulator: Emulated, tmp_path_factory: pytest.TempPathFactory) -> tuple[Organization, Settings]:
    """The demo's whole organization, and the settings of its published night."""
    org = organization_on(Scene(1, emulated.NIGHT))
    return org, settled(emulator, 1, org, tmp_path_factory.mktemp("demo") / "base")


@pytest.mark.soak
@pytest.mark.parametrize("number", range(20))
def test_rehearsed_is_attached_on_the_demo(
    number: int, demo: tuple[Organization, Settings], emulator: Emulated, tmp_path: Path
) -> None:
    org, settings = demo
    tried = {str(seed): changes.random_change(Random(seed), org, "new") for seed in range(number, 100, 20)}
    assert any(is_equal(emulator, org, settings, asked, tmp_path / name) for name, asked in tried.items())
