"""A night that contradicts itself is held back: at the build, at the copy and over the pages."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.defs import models, publishing
from pipeline.night import DATABASE, Night
from pipeline.progress import Silent
from pipeline.publish import database, folder
from pipeline.settings import Refused, Settings
from pipeline.warehouse import build, history, store
from pipeline.warehouse.invariants import Broken
from reports import agreement
from tools.generated import Organization, land

pytestmark = pytest.mark.slow

FIRST = date(2026, 11, 20)
SMALL = Organization(accounts=2, roles=12)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with one published night."""
    made = Settings(home=tmp_path, render_pdf=False)
    night = Night(tmp_path, FIRST)
    land(night, SMALL)
    build.build(made, night)
    publishing.publish_night(made, night, Silent())
    return made


def is_as_it_was(settings: Settings, before: bytes, later: Night, said: str) -> None:
    """The first night is published, with a notice why the later one is not; the history knows of no later one."""
    assert (settings.home / DATABASE).read_bytes() == before
    assert folder.shown(settings.home) == later.on(FIRST)
    index = (settings.home / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    assert "og:image" not in index
    assert f"{later} is not published: it contradicts itself: " in index
    assert said in index
    with store.reading(settings.home) as con:
        assert history.judged_dates(con) == [FIRST]
        assert con.execute("select max(to_as_of) from history_spans").fetchall() == [(FIRST,)]
    held_back = store.held_back_after(later.on(FIRST))
    assert held_back is not None
    assert (held_back[0], said in held_back[1]) == (later, True)


def test_at_the_build_over_the_pages_and_then_it_is_published(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    later, before = Night(settings.home, FIRST + timedelta(days=1)), (settings.home / DATABASE).read_bytes()
    land(later, SMALL)

    with monkeypatch.context() as patch:
        patch.setitem(history.RECORDERS, "history_spans", lambda con, as_of: None)  # type: ignore[arg-type]
        with pytest.raises(Refused, match=rf"{later} is not published: .*as many spans on the night as findings"):
            models.judge(settings, later, None, Silent())
    is_as_it_was(settings, before, later, "as many spans on the night as findings")

    build.build(settings, later)
    with monkeypatch.context() as patch:
        patch.setattr(agreement, "faults", lambda *_: iter(["a page lacks a finding"]))
        patch.setattr(publishing, "hold_back", holding_back_outside(patch, publishing.hold_back))
        with pytest.raises(Broken, match="a page lacks a finding"):
            publishing.publish_night(settings, later, Silent())
    is_as_it_was(settings, before, later, "a page lacks a finding")

    build.build(settings, later)
    online = settings.model_copy(update={"report_url": "https://reports.example.com/iam/", "render_pdf": True})
    publishing.publish_night(online, later, Silent())
    address = f"https://reports.example.com/iam/{later}/charts/overview.png"
    shown = settings.home / f"reports/{later}"
    assert f'<meta property="og:image" content="{address}">' in (shown / "index.html").read_text(encoding="utf-8")
    assert (shown / "charts/overview.png").read_bytes().startswith(b"\x89PNG")
    assert database.shown(settings) == folder.shown(settings.home) == later
    assert store.held_back_after(later.on(FIRST)) is None


def holding_back_outside(patch: pytest.MonkeyPatch, hold_back: Any) -> Any:
    """The report of yesterday, with its notice, is in order again."""

    def held(*given: Any) -> Any:
        patch.undo()
        return hold_back(*given)

    return held
