"""Changes of a control, one at a time, and whether its cases notice them."""

from __future__ import annotations

from pathlib import Path

from pipeline.warehouse.headers import ControlHeader
from pipeline.warehouse.models import Model
from tests.sql import harness
from tools.mutants import mutants, survivors

SQL = """-- fail and pass
select 'a and b' as resource, if(n > 9 and not b is null, fail('left'), pass('n')) as judged
from x left join y on x.left = y.n  -- same
where f(a := 1) is not null and coalesce(b, false)"""


def control(sql: str, **params: object) -> Model:
    header = ControlHeader(
        id="BP04-09", title="t", practice=4, severity="low", why="w", fix="f", params=params, evidence={"e": "e"}
    )
    return Model("x", "controls", Path("x.sql"), header, sql, (), line=5)


def test_one_word_operator_or_number_at_a_time_but_not_in_strings_comments_or_where_it_is_the_same() -> None:
    assert [(m.line, m.old, m.new) for m in mutants(control(SQL))] == [
        (6, ">", ">="),
        (6, "9", "10"),
        (6, "and", "or"),
        (6, "not", ""),
        (6, "is", "is not"),
        (6, "fail", "pass"),
        (6, "pass", "fail"),
        (8, "1", "2"),
        (8, "not", ""),
        (8, "and", "or"),
        (8, "false", "true"),
    ]


def test_a_change_is_in_its_place() -> None:
    (changed,) = [m.control.sql for m in mutants(control(SQL)) if m.old == "fail"]
    assert changed == SQL.replace("fail('left')", "pass('left')")


def test_defaults_of_parameters_change_too() -> None:
    changed = mutants(control("select 'x'", days=90, strict=False, names=["a", "b"], text="t"))
    assert [m.control.header.params for m in changed] == [
        {"days": 91, "strict": False, "names": ["a", "b"], "text": "t"},
        {"days": 89, "strict": False, "names": ["a", "b"], "text": "t"},
        {"days": 90, "strict": True, "names": ["a", "b"], "text": "t"},
        {"days": 90, "strict": False, "names": ["b"], "text": "t"},
        {"days": 90, "strict": False, "names": ["a"], "text": "t"},
    ]


def test_what_no_case_holds_survives() -> None:
    catalog = harness.load_catalog()
    cases = [case for case in harness.read_cases() if case.control_id == "no_cloudshell_full_access"]
    assert survivors("no_cloudshell_full_access", catalog, cases) == (10, [])
    unread = [case for case in cases if case.unread]
    tried, alive = survivors("no_cloudshell_full_access", catalog, unread)
    assert tried == 10
    assert {(mutant.old, mutant.new) for mutant in alive} >= {("fail", "pass"), ("pass", "fail")}
