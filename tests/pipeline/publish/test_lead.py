"""The first sentence of a night, in every state that a night can be in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipeline.publish.lead import lead

NIGHT: dict[str, Any] = {
    "critical": 20,
    "high": 904,
    "accounts": 42,
    "accounts_with_critical": 10,
    "accounts_without_critical": 31,
    "controls_met": 73.86,
    "coverage": 97.65,
    "has_enough_data": True,
    "previous_as_of": date(2026, 11, 22),
    "critical_change": -1,
    "new_critical": 0,
    "unowned": 4,
}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {},
            "20 critical findings are open in 10 of 41 accounts, one fewer than on 22 November; none is new. "
            "4 of the 10 accounts have no owner. Of 1 account it is not known.",
        ),
        (
            {"critical": 1, "accounts_with_critical": 1, "accounts_without_critical": 41, "unowned": 1},
            "1 critical finding is open in 1 of 42 accounts, one fewer than on 22 November; none is new. "
            "The account has no owner.",
        ),
        (
            {"critical_change": 3, "new_critical": 4, "unowned": 1, "accounts_without_critical": 32},
            "20 critical findings are open in 10 of 42 accounts, 3 more than on 22 November; 4 are new. "
            "1 of the 10 accounts has no owner.",
        ),
        (
            {"critical_change": 0, "new_critical": 1, "unowned": 0, "accounts_without_critical": 32},
            "20 critical findings are open in 10 of 42 accounts, as many as on 22 November; 1 is new.",
        ),
        (
            {"previous_as_of": None, "critical_change": None, "unowned": 0, "accounts_without_critical": 32},
            "20 critical findings are open in 10 of 42 accounts; this is the first night.",
        ),
        (
            {"critical": 0, "accounts_with_critical": 0, "accounts_without_critical": 42, "unowned": 0}
            | {"critical_change": 0},
            "No critical finding is open.",
        ),
        (
            {"critical": 0, "accounts_with_critical": 0, "accounts_without_critical": 40, "unowned": 0},
            "No critical finding is open in 40 accounts, one fewer than on 22 November; none is new. "
            "Of 2 accounts it is not known.",
        ),
    ],
)
def test_what_is_critical_and_open(changed: dict[str, Any], sentence: str) -> None:
    assert str(lead(NIGHT | changed)) == sentence


def test_a_percentage_stands_beside_its_coverage_or_not_at_all() -> None:
    assert lead(NIGHT).measures == (
        "904 high findings are open; 73.8% of controls are met, account by account, at 97.6% coverage."
    )
    for thin in ({"has_enough_data": False}, {"controls_met": None}):
        assert lead(NIGHT | thin).measures.endswith("; controls met: not enough data, at 97.6% coverage.")


def test_a_night_without_measures_claims_nothing() -> None:
    assert str(lead(None)) == "Nothing was judged on this night."
