"""What closes when a user, role or policy goes is found by judging again, not by counting."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from pipeline.explain.removal import AccountReplay, Remove, Tried, first_tried, tried
from pipeline.rows import rows
from pipeline.schema import Row
from pipeline.settings import Refused
from tests.pipeline.explain.explained import MEMBER, arn


@pytest.fixture(scope="module")
def repairs(database: Path) -> dict[str, Row]:
    with closing(duckdb.connect(database, read_only=True)) as con:
        return {row["repair"]: row for row in rows(con, "select * from repairs order by place")}


def test_all_that_fails_on_a_user_closes_with_it(database: Path, repairs: dict[str, Row]) -> None:
    user = repairs[f"user {arn('user', 'alice')}"]
    assert user["findings"] > 2
    assert tried(database, user) == Tried(user["findings"], user["findings"], 0)


def test_all_that_fails_on_a_role_closes_with_it(database: Path, repairs: dict[str, Row]) -> None:
    roles = [row for row in repairs.values() if row["kind"] == "role" and row["account_id"] == MEMBER]
    gravest = max(roles, key=lambda row: row["findings"])
    assert tried(database, gravest) == Tried(gravest["findings"], gravest["findings"], 0)


def test_what_is_not_there_closes_nothing(database: Path, repairs: dict[str, Row]) -> None:
    user = repairs[f"user {arn('user', 'alice')}"] | {"target": arn("user", "ali")}
    found = tried(database, user)
    assert found
    assert (found.closed, found.opened) == (0, 0)


def test_what_concerns_many_accounts_is_not_tried(database: Path, repairs: dict[str, Row]) -> None:
    setting = next(row for row in repairs.values() if row["kind"] == "organization setting")
    assert tried(database, setting) is None
    assert tried(database, setting | {"kind": "role", "target": "arn:aws:iam::*:role/x"}) is None


def test_the_first_are_tried_and_the_tables_stay_as_they_are(
    database: Path, repairs: dict[str, Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = database.read_bytes()
    monkeypatch.setattr("pipeline.explain.removal.MOST_TRIED", 2)
    found = first_tried(database, repairs.values())
    assert len(found) == 2
    assert database.read_bytes() == before


def test_a_change_that_cannot_be_made_is_refused(database: Path) -> None:
    with AccountReplay(database, MEMBER, {"key_rotation": {"max_age_days": 90}}) as replay:
        replay.con.execute("drop table stg_users")
        with pytest.raises(Refused, match="without user/alice"):
            replay.fails(Remove(arn("user", "alice")))
