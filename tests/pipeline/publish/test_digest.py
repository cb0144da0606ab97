"""The digest of a night: what the message says, and what counts as a change."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from pipeline.night import Night
from pipeline.publish.digest import JOINER, RESOURCE, Message, digest, failure, link, shown
from pipeline.settings import Settings
from tests.pipeline.publish.support import URL
from tests.reports import published


def test_the_digest_in_words(message: Message) -> None:
    title, (first, second, third) = message.title, [sentence for sentence, _ in message.paragraphs][:3]
    assert title == "Rolecall 2026-11-24: 4 critical open, 6 new fails, 5 of them critical"
    assert first.startswith("4 critical findings are open in 4 of 5 accounts, 3 fewer than on 23 November; 5 are new.")
    assert first.endswith(" Of 1 account it is not known.")
    assert second == "125 high findings are open; controls met: not enough data, at 73.8% coverage."
    assert third == "6 new fails, 5 of them critical; 12 fixed."
    assert message.text.endswith(f"Report: {URL}/2026-11-24/index.html")
    assert message.text.isascii() is False


def test_a_percentage_comes_with_its_coverage(tmp_path: Path) -> None:
    nights = published.NIGHTS[:2]
    found = digest(published.write(tmp_path / "rolecall.duckdb", nights, clean=True))
    first, second = (sentence for sentence, _ in found.message("x").paragraphs[:2])
    assert ", as many as on 20 November; none is new." in first
    assert re.fullmatch(r"\d+ high findings are open; [\d.]+% of controls are met, account by account, .*", second)
    assert not found.unread
    first_night = digest(published.write(tmp_path / "first.duckdb", nights[:1], clean=True))
    assert "; this is the first night." in first_night.message("x").paragraphs[0][0]
    assert first_night.is_changed


def test_what_is_many_is_cut_after_five(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "rolecall.duckdb"
    path.write_bytes(database.read_bytes())
    with duckdb.connect(path) as con:
        con.execute("update accounts set read_status = 'partly read'")
        con.execute("update finding_changes set severity = 'critical', change = 'new fail'")
        con.execute("insert into nights values (date '2026-11-19', false, 'users: 2 keys twice')")
        con.execute("update nights set published = false, held_back_reason = 'lost' where as_of = date '2026-11-23'")
        con.execute("update finding_changes set change = 'became unknown' where account_id = '222222222222'")
    found = digest(path)
    paragraphs = dict(found.message("x").paragraphs)
    lists = [items for items in paragraphs.values() if items]
    assert [len(items) for items in lists] == [6, 6, 1]
    assert lists[0][-1] == f"and {found.changes['new_critical'] - 5} more"
    assert lists[1][-1] == f"and {found.unread_count - 5} more"
    assert lists[2] == ("2026-11-23: lost",)
    assert any(re.fullmatch(r"\d+ findings in 1 account became unknown\.", sentence) for sentence in paragraphs)


def test_long_names_keep_their_ends() -> None:
    cut = shown("a" * 2000 + "end", RESOURCE)
    assert len(cut) == RESOURCE
    assert cut.startswith("aaa")
    assert cut.endswith("aend")
    assert shown("arn:aws:iam::111111111111:user/alice@example.com", RESOURCE).isascii()


def test_what_counts_as_a_change(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "rolecall.duckdb"
    path.write_bytes(database.read_bytes())
    assert digest(path).is_changed
    with duckdb.connect(path) as con:
        con.execute("delete from finding_changes")
    assert not digest(path).is_changed
    with duckdb.connect(path) as con:
        con.execute("update trend set coverage = 99 where key = '333333333333' and as_of = date '2026-11-24'")
    assert digest(path).unread_changed
    assert digest(path).is_changed
    calm = replace(digest(path), unread_changed=False)
    assert not calm.is_changed
    assert replace(calm, held_back=("2026-11-23: lost",)).is_changed


def test_a_failure_says_why_and_what_is_shown(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, report_url=URL + "/")
    assert failure(settings, Night(tmp_path, date(2026, 11, 24)), "AWS:\n<!channel>").text == f"AWS: <{JOINER}!channel>"
    (tmp_path / "reports" / "2026-11-23").mkdir(parents=True)
    (tmp_path / "reports" / "latest").symlink_to("2026-11-23")
    found = failure(settings, Night(tmp_path, date(2026, 11, 24)), "x" * 5000)
    assert found.title == "Rolecall 2026-11-24: failed"
    assert len(found.paragraphs[0][0]) == 1000
    assert found.text.endswith(f"The reports show the night of 2026-11-23.\nReport: {URL}/2026-11-23/index.html")
    here = link(Settings(home=tmp_path), Night(tmp_path, date(2026, 11, 23)))
    assert here == str(tmp_path.resolve() / "reports" / "2026-11-23" / "index.html")
