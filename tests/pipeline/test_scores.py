"""Scores and what is made of them, over a few judgements: what was measured earlier, the largest lifts, owners."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from pipeline import catalog, history
from pipeline.store import variables

MODELS = catalog.load().models
AS_OF = date(2026, 11, 30)


def select(con: duckdb.DuckDBPyConnection, model: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """Rows of a model, over the tables that the connection has."""
    with variables(con, {"as_of": AS_OF, "enough_data": 95}):
        return con.execute(f"select {columns} from ({MODELS[model].sql})").fetchall()


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([1, 7, 30], (1, 7, 30)),
        ([2, 9, 44, 60], (2, 9, 44)),
        ([1, 6, 29], (1, 29, None)),
        ([1, 6], (1, None, None)),
        ([45], (45, 45, 45)),
        ([], (None, None, None)),
    ],
)
def test_earlier_is_the_last_night_at_least_so_many_days_before(
    days: list[int], expected: tuple[int | None, ...]
) -> None:
    con = duckdb.connect()
    history.prepare(con)
    con.execute("create table measures as from (values ('overall', ''), ('account', '1')) t(scope, key)")
    for ago in (0, *days):  # the score of a night is the days since
        con.execute(
            "insert into history_measures by name select ?::date as as_of, 'overall' as scope, '' as key, ? as score",
            [AS_OF - timedelta(days=ago), ago],
        )
    wanted = ("previous", "week_ago", "month_ago")
    columns = ", ".join(["scope", *(f"{one}_score" for one in wanted), *(f"{one}_as_of" for one in wanted)])
    (new, known) = sorted(select(con, "earlier_measures", columns))
    nights = tuple(ago and AS_OF - timedelta(days=ago) for ago in expected)
    assert known == ("overall", *expected, *nights)
    assert new == ("account", None, None, None, *nights)
