"""`rolecall publish --accept`: a person releases a night that is held back, and it is seen."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.cli import release
from assets.cli.app import DONE, UNREAD
from assets.definitions import build  # noqa: F401 (imported before a test changes the folder)
from pipeline import collectors
from pipeline.night import DATABASE, Night
from pipeline.quality import accepted
from pipeline.quality.reconciled import checks
from pipeline.quality.run import QualityResult, validate
from pipeline.settings import Refused, Settings
from pipeline.warehouse import store
from tests import chaos, nights
from tests.assets.cli.support import NIGHT, rolecall
from tests.conftest import Loopback

FLOOR, TREE = "extracts.accounts_read_above_floor", "accounts.parent_id_in_organization"
WORDS = ("--reason", 'A unit "moves"', "--until", "2026-12-31", "--owner", "lake@group.example")
RESULT = QualityResult("accounts", "x", "UnexpectedRowsExpectation", "blocking", False, 1, (), "")
ACCOUNTS = ("729096989405", "506150706042", "290972897018")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nobody_knows", "there is no such check"),
        ("extracts.accounts_read_above_flor", f"did you mean {FLOOR}?"),
        ("parent_id_in_organization", "2 datasets have it; name one, such as accounts.parent_id_in_organization"),
        ("extracts.as_the_ledger_says", "not known what was read; it cannot be accepted"),
        ("extracts.rows_as_extracted", "not known what was read; it cannot be accepted"),
        ("accounts.key_unique", "what is published rests on it; it cannot be accepted"),
        ("accounts.columns_and_types", "what is published rests on it; it cannot be accepted"),
        ("extracts.rows_like_night_before", "it is a warning, which holds no night back; it cannot be accepted"),
        ("as many findings as judgements", "must not contradict itself; it cannot be accepted"),
    ],
)
def test_what_cannot_be_accepted_is_refused_in_a_sentence(name: str, says: str) -> None:
    with pytest.raises(Refused, match=rf"^--accept .*{says.replace('?', '[?]')}$"):
        release.find(name)


def test_a_check_is_found_by_its_own_name_too() -> None:
    assert release.find("accounts_read_above_floor") == release.find(FLOOR)


def test_what_may_be_accepted_is_what_compares() -> None:
    """What a person can know better than the data: too few accounts, a tree that moves, units that are gone."""
    acceptable = {accepted.name(c.key) for c in checks(collectors.datasets().values()) if not accepted.why_not(c)}
    assert {FLOOR, TREE, "extracts.not_all_gone", "policy_targets.root_has_scp"} <= acceptable
    assert not {name for name in acceptable if name.startswith(("ledger.", "register.", "unread_records."))}


def test_without_a_night_that_is_held_back_it_is_refused(tmp_path: Path) -> None:
    result = rolecall("publish", "--accept", FLOOR, *WORDS, "--home", str(tmp_path / "new"))
    assert (result.exit_code, "no such night is held back" in result.stderr) == (2, True)
    result = rolecall("publish", *WORDS[:2])
    assert (result.exit_code, "belong to --accept CHECK" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("accept", "words", "says"),
    [
        ([FLOOR], WORDS, f"would still be held back by {TREE}; nothing is entered"),
        ([FLOOR, TREE], WORDS[:2], "--reason and --until must be given"),
        ([FLOOR, TREE], (*WORDS, "--until", "2026-11-01"), "today or later, and within a year"),
        ([FLOOR, TREE], (*WORDS, "--until", "2029-11-01"), "today or later, and within a year"),
        (["accounts.values_possible"], WORDS, f"it does not hold {NIGHT} back; what does: {FLOOR}, {TREE}"),
    ],
)
def test_a_night_that_would_still_be_held_back_is_not_released(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, accept: list[str], words: tuple[str, ...], says: str
) -> None:
    failing = [replace(RESULT, dataset=name.split(".")[0], check_name=name.split(".")[1]) for name in (FLOOR, TREE)]
    monkeypatch.setattr(release, "validate", lambda *_: failing)
    monkeypatch.setattr(store, "nights_known", lambda _: (set(), {date.fromisoformat(NIGHT): "two checks"}))
    result = rolecall(
        "publish", *(part for name in accept for part in ("--accept", name)), *words, "--home", str(tmp_path / "home")
    )
    assert (result.exit_code, says in result.stderr, Path("exceptions.toml").exists()) == (2, True, False), (
        result.stderr
    )


@pytest.fixture
def held(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Night:
    """A night of three accounts: none could be read, and one is in a unit that nobody knows."""
    landed = nights.landed(loopback, tmp_path_factory)
    source = Night(landed.home, loopback.nights[nights.NIGHT - 1])
    month = chaos.Month(source, Settings(home=tmp_path_factory.mktemp("held")), ACCOUNTS, 1)
    tables = month.harmed(month.truth(0), "floor")
    next(row for row in tables["accounts"] if row["is_in_scope"])["parent_id"] = "ou-gone-gonegonegone"
    night = Night(month.settings.home, source.as_of)
    chaos.land(night, tables, "")
    monkeypatch.setenv("ROLECALL_TODAY", str(night))
    monkeypatch.setenv("ROLECALL_RENDER_PDF", "false")
    return night


@pytest.mark.slow
def test_a_held_back_night_is_released_shown_and_held_back_again_when_that_expires(held: Night) -> None:
    place = ("--home", str(held.home))
    told = rolecall("run", "--judge-only", *place)
    assert (told.exit_code, FLOOR in told.stderr, TREE in told.stderr) == (2, True, True)

    register = Path("exceptions.toml")
    refused = rolecall("publish", "--accept", FLOOR, *WORDS, *place)
    assert f"would still be held back by {TREE}; nothing is entered" in refused.stderr
    assert (refused.exit_code, register.exists()) == (2, False)

    done = rolecall("publish", "--accept", FLOOR, "--accept", TREE, *WORDS, *place)
    assert done.exit_code in (DONE, UNREAD), done.stderr
    entered = tomllib.loads(register.read_text())["accepted_checks"]
    assert [entry["check"] for entry in entered] == [FLOOR, TREE]
    assert {entry["reason"] for entry in entered} == {'A unit "moves"'}
    assert rolecall("exceptions", "check").exit_code == DONE
    assert shown(held, "select dataset || '.' || check_name from quality_results where accepted_by is not null") == [
        TREE,
        FLOOR,
    ]
    covers = "select entry, covers from exceptions where kind = 'accepted_check' and is_live"
    assert shown(held, covers) == ["accepted_checks[1]", "accepted_checks[2]"]
    assert shown(held, "select count(*) from quality_results where accepted_by is not null and passed") == [0]
    for page in ("index.html", "findings.html"):
        text = (held.home / "reports" / "latest" / page).read_text(encoding="utf-8")
        assert "Published although 2 checks on its inputs failed" in text
        assert "accepted by lake@group.example until 2026-12-31" in text
    assert store.nights_known(held.home) == ({held.as_of}, {})

    later = Night(held.home, date(2027, 1, 1))
    held.landing_folder.rename(later.landing_folder)
    both = {release.find(name).key for name in (FLOOR, TREE)}
    assert {r.key for r in validate(Settings(home=held.home), later, both) if r.is_blocking} == both


def shown(night: Night, query: str) -> list[Any]:
    with duckdb.connect(night.home / DATABASE, read_only=True) as con:
        return [row[0] for row in con.execute(query + " order by all").fetchall()]
