"""Thirty nights in which much goes wrong: each is published or refused with the true cause, and none is falsified."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.landing import Night
from pipeline.warehouse import store
from tests import chaos, nights
from tests.chaos import WHOLE, Month
from tests.conftest import Loopback

pytestmark = pytest.mark.soak

NIGHTS, SEED = 30, 20261128
ACCOUNTS = ("729096989405", "506150706042", "290972897018")


@pytest.fixture(scope="module")
def month(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Month:
    landed = nights.landed(loopback, tmp_path_factory)
    settings = loopback.settings(
        tmp_path_factory.mktemp("home"), exceptions_file=landed.register, min_coverage_to_publish=50
    )
    source = Night(landed.home, loopback.nights[nights.NIGHT - 1])
    made = Month(source, settings, ACCOUNTS, SEED)
    for number in range(NIGHTS):
        made.live(number)
    return made


def test_every_kind_of_event_happened(month: Month) -> None:
    assert {told.event for told in month.told.values()} == set(chaos.EVENTS)


def test_a_night_is_refused_for_the_whole_organization_alone_and_with_the_true_cause(month: Month) -> None:
    for as_of, told in month.told.items():
        cause = WHOLE.get(told.event)
        assert bool(told.refused) == bool(cause), (as_of, told.event, told.refused)
        assert not cause or cause in told.refused, (as_of, told.refused)


def test_no_night_says_what_is_not_so(month: Month) -> None:
    for as_of, told in month.told.items():
        assert list(chaos.wrong(told))[:3] == [], (as_of, told.event)


def test_the_history_has_of_every_night_what_it_said(month: Month) -> None:
    with store.reading(month.settings.home) as con:
        query = "select control_id, account_id, region, resource, verdict from history_spans where ? between {} and {}"
        for as_of, told in month.told.items():
            rows = con.execute(query.format("from_as_of", "to_as_of"), [as_of]).fetchall()
            if not told.refused:
                assert {row[:4]: row[4] for row in rows} == told.found, as_of
        resolved = "select control_id, account_id, region, resource from finding_life where state = 'resolved'"
        last = max(as_of for as_of, told in month.told.items() if not told.refused)
        failing = {key for key, verdict in month.told[last].true.items() if verdict == "fail"}
        assert failing.isdisjoint(con.execute(resolved).fetchall())


def test_the_home_stays_as_small_as_its_nights(month: Month) -> None:
    """The warehouse uses the space of replaced tables again, and killed runs leave nothing."""
    assert max(month.sizes) < 2 * max(month.sizes[:5])
    folder = month.settings.home / "landing"
    kept = {path.name for path in folder.iterdir() if not path.name.startswith(".lock")}
    assert kept - {".run"} == {f"as_of={as_of}" for as_of in month.told}
    assert files(folder / ".run") == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
