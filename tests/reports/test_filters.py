"""How values are worded."""

from __future__ import annotations

import pytest

from reports import filters
from reports.pages._page import file_name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, filters.NOTHING),
        (0.0, "0%"),
        (100.0, "100%"),
        (99.97, "99.9%"),
        (94.99, "94.9%"),
        (84.1, "84.1%"),
        (84.0, "84.0%"),
    ],
)
def test_percentages_are_rounded_down(value: float | None, text: str) -> None:
    assert filters.percent(value) == text


@pytest.mark.parametrize(
    ("value", "better", "unit", "shown"),
    [
        (
            1.5,
            "up",
            " ",
            '<span class="change up"><span aria-hidden="true">▲</span><span class="sr">up by</span> 1.5 </span>',
        ),
        (
            -3,
            "down",
            "",
            '<span class="change up"><span aria-hidden="true">▼</span><span class="sr">down by</span> 3</span>',
        ),
        (
            2,
            "down",
            "",
            '<span class="change down"><span aria-hidden="true">▲</span><span class="sr">up by</span> 2</span>',
        ),
        (0.01, "up", " ", "&lt;0.1 </span>"),
        (0, "up", "", '<span class="change same">±0</span>'),
        (None, "up", "", ""),
    ],
)
def test_a_change_says_its_way_and_whether_it_is_for_the_better(
    value: float | None, better: str, unit: str, shown: str
) -> None:
    assert filters.change(value, better, unit).endswith(shown)


def test_the_fields_of_a_finding_are_attributes_that_nobody_can_leave() -> None:
    finding = {
        "verdict": "fail",
        "severity": "high",
        "practice": 13,
        "control_id": "scp_objectives",
        "account_id": "1",
        "owner": '"><b>',
        "made_by": "organization",
        "repair": None,
        "resource": "arn:aws:organizations::1:account/o-1/1/root_user",
    }
    told = filters.fields(finding, ["ou-a", "r-b"])
    assert ' data-objective="root_user"' in told
    assert ' data-owner="&#34;&gt;&lt;b&gt;"' in told
    assert ' data-ou="ou-a r-b"' in told
    assert ' data-made="organization"' in told


def test_characters_that_do_not_show_are_shown() -> None:
    assert filters.visible("a\u202eb\u200bc\x00d") == "a\\u202eb\\u200bc\\u0000d"
    assert filters.visible("line\nline\t東京 é") == "line\nline\t東京 é"
    assert filters.visible(None) == ""


def test_an_arn_keeps_its_name_apart_and_is_escaped() -> None:
    assert filters.arn("arn:aws:iam::1:user/<b>") == (
        '<code class="arn"><span>arn:aws:iam::1:</span>user/<wbr>&lt;b&gt;</code>'
    )
    assert filters.arn("<x>") == '<code class="arn">&lt;x&gt;</code>'


def test_json_for_a_script_element_is_closed() -> None:
    assert filters.script_json({"b": "</script>&\u2028", "a": 1}) == (
        '{"a":1,"b":"\\u003c/script\\u003e\\u0026\\u2028"}'
    )


def test_evidence_is_laid_out_and_cut() -> None:
    assert filters.pretty('{"a": [1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert filters.pretty("not json") == "not json"
    assert filters.pretty('"' + "x" * 2000 + '"', limit=10) == '"xxxxxxxxx …'
    assert filters.pairs('{"b": 1, "a": "x"}') == [("a", "x"), ("b", "1")]
    assert filters.pairs(None) == filters.pairs("[]") == []


@pytest.mark.parametrize("identifier", ["../../etc/passwd", "a/b", "", "x" * 65, "ou 1"])
def test_an_odd_id_cannot_become_a_path(identifier: str) -> None:
    assert file_name(identifier).isalnum()
    assert file_name("ou-ab12-cd34") == "ou-ab12-cd34"
