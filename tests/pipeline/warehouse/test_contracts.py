"""The contract of a control: each slip is refused with file, line and what to write instead."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from pipeline.settings import Refused
from pipeline.warehouse import contracts, models
from pipeline.warehouse.models import Model, read_model

HEADER = (
    '/*\nid = "BP04-09"\ntitle = "t"\nseverity = "low"\nwhy = "w"\nfix = "f"\nparams = { limit_days = 90 }\n'
    'evidence = { days = "Days since it was made" }\n*/\n'
)
SELECT = """select
    account_id,
    user_name as resource,
    case
        when days is null then unknown(format('{} was not reported.', user_name))
        when days > getvariable('limit_days') then fail('Too old.')
        else pass('Young.')
    end as judged,
    to_json({days: days}) as evidence
from raw_x
"""
FIRST = 10
"""Line of the file on which SELECT begins."""


def read(folder: Path, sql: str, header: str = HEADER) -> Model:
    path = folder / "04_keys" / "x.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(header + sql, encoding="utf-8")
    return read_model(path, "controls")[0]


def build(model: Model) -> list[tuple[object, ...]]:
    """Rows of the control over three users, one of them without an age."""
    with duckdb.connect() as con:
        contracts.define_macros(con)
        con.execute("create table raw_x (account_id varchar, user_name varchar, days integer)")
        con.execute("insert into raw_x values ('1', 'a', null), ('1', 'b', 91), ('1', 'c', 90)")
        con.execute("set variable limit_days = 90")
        con.execute(f"create table x as {contracts.unpacked(con, model.sql, model.path)}")
        contracts.check_built(con, "x", model.path)
        return con.execute("select * from x order by resource").fetchall()


def test_verdict_and_reason_are_one_expression(tmp_path: Path) -> None:
    assert build(read(tmp_path, SELECT)) == [
        ("1", "a", "unknown", "a was not reported.", '{"days":null}'),
        ("1", "b", "fail", "Too old.", '{"days":91}'),
        ("1", "c", "pass", "Young.", '{"days":90}'),
    ]


# A night of Tokyo: it is 02:00 there on the 20th, and still the 19th in UTC.
READ_AT = datetime(2026, 11, 19, 17)


@pytest.mark.parametrize(
    ("moment", "since", "until"),
    [
        (datetime(2026, 8, 21, 18), 89, -90),  # 89 days and 23 hours
        (datetime(2026, 8, 21, 16), 90, -90),
        (READ_AT, 0, 0),
        (datetime(2026, 11, 19, 17, 1), 0, 0),
        (datetime(2026, 11, 25, 1), 0, 6),
        (date(2026, 11, 18), 1, -1),
        (None, None, None),
    ],
)
def test_days_are_counted_between_moments_not_from_a_local_date(
    moment: date | None, since: int | None, until: int | None
) -> None:
    with duckdb.connect() as con:
        contracts.define_macros(con)
        con.execute("set variable as_of = date '2026-11-20'")
        con.execute("set variable read_at = ?", [READ_AT])
        kind = "date" if type(moment) is date else "timestamp"
        query = f"select days_since(?::{kind}), days_until(?::{kind})"
        assert con.execute(query, [moment, moment]).fetchone() == (since, until)


def test_no_model_counts_days_from_the_date_of_the_night_to_a_moment() -> None:
    counted = re.compile(r"getvariable\('as_of'\)[^,\n]*::(date|timestamp)|::date - getvariable\('as_of'\)")
    assert [model.name for model in models.load().models.values() if counted.search(model.sql)] == []


def test_every_verdict_has_its_macro() -> None:
    with duckdb.connect() as con:
        contracts.define_macros(con)
        for verdict in ("pass", "fail", "unknown", "not_applicable", "manual"):
            said = con.execute(f"select {verdict}(reason) from (select 'Because.' as reason)").fetchone()
            assert said == ({"verdict": verdict, "reason": "Because."},)


@pytest.mark.parametrize(
    ("written", "instead", "line", "said"),
    [
        (
            "then fail(",
            "then failed(",
            6,
            r"failed\(\) is no verdict; write one of pass\(reason\), .*did you mean fail\?",
        ),
        ("else pass('Young.')", "else 'pass'", 7, r"this is no verdict; write one of pass\(reason\)"),
        ("else pass('Young.')", "else exempt('Young.')", 7, r"exempt\(\) is no verdict"),
        ("else pass(", "else if(days < 9, pass('New.'), passed(", 7, r"passed\(\) is no verdict"),
        ("        else pass('Young.')\n", "", 4, "the case that is judged has no else; end it in one of"),
        ("format('{}", "formatted('{}", 5, "there is no function formatted; did you mean format"),
        ("end as judged", "end as verdict", 1, r"selects no judged; give each resource one of pass\(reason\)"),
        ("getvariable('limit_days')", "getvariable('limit_day')", 6, "neither a parameter .* did you mean limit_days?"),
        ("getvariable('limit_days')", "getvariable(user_name)", 6, "getvariable.* is neither a parameter"),
    ],
)
def test_a_slip_in_the_query_is_refused_when_it_is_loaded(
    tmp_path: Path, written: str, instead: str, line: int, said: str
) -> None:
    text = SELECT.replace(written, instead)
    text += ")" * (text.count("(") - text.count(")")) if "passed" not in instead else ""
    if "passed" in instead:
        text = text.replace("passed('Young.')", "passed('Young.'))")
    with pytest.raises(Refused, match=f"line {line} of the query: .*{said}.*x.sql:{FIRST + line - 1}"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ("limit_days = 90, spare = 1", r"params: spare is not used; read it by getvariable\('spare'\).*x.sql:7"),
        ("limit_days = 90, as_of = 1", r"params: as_of is the engine's own; name it otherwise.*x.sql:7"),
    ],
)
def test_a_parameter_is_used_and_is_the_controls_own(tmp_path: Path, params: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read(tmp_path, SELECT, HEADER.replace("limit_days = 90", params))


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        (
            "as evidence",
            "as evidenc",
            r"selects no evidence; a control selects account_id, region \(.*\), resource, j",
        ),
        (
            "to_json({days: days}) as",
            "{days: days} as",
            r"evidence is STRUCT.*, must be JSON; write to_json\(evidence\)",
        ),
        ("user_name as", "days as", "resource is INTEGER, must be VARCHAR; write resource::varchar"),
        ("user_name as resource", "user_name as resource, days", "selects days; .*, nothing else"),
    ],
)
def test_other_columns_are_refused_when_it_is_built(tmp_path: Path, written: str, instead: str, said: str) -> None:
    model = read(tmp_path, SELECT.replace(written, instead))
    with pytest.raises(Refused, match=f"x.sql: {said}"):
        build(model)


def test_a_word_made_by_hand_is_refused_when_it_is_built(tmp_path: Path) -> None:
    by_hand = "select account_id, user_name, {verdict: 'failed', reason: 'r'}, to_json({}) from raw_x"
    union = f"{SELECT} where days > 90 union all {by_hand} where days <= 90"
    with pytest.raises(Refused, match="says 'failed' of c; write one of pass"):
        build(read(tmp_path, union))


def test_two_verdicts_on_one_resource_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"gives . two verdicts"):
        build(read(tmp_path, SELECT.replace("from raw_x", "from raw_x cross join (values (1), (2)) twice(n)")))


def test_an_error_of_the_database_names_the_line(tmp_path: Path) -> None:
    model = read(tmp_path, SELECT.replace("when days is", "when dys is"))
    with pytest.raises(duckdb.Error) as error:
        build(model)
    refused = contracts.located(error.value, model.path, model.line)
    assert "line 5 of the query: Binder Error" in str(refused)
    assert str(refused).endswith(f"(x.sql:{FIRST + 4})")


def test_a_verdict_that_is_a_word_alone_is_refused(tmp_path: Path) -> None:
    types = contracts.COLUMNS | {"judged": "VARCHAR"}
    with pytest.raises(Refused, match=r"judged is VARCHAR, must be STRUCT.*; write one of pass\(reason\)"):
        contracts.check_columns(types, tmp_path / "x.sql")
