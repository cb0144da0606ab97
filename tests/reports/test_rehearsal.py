"""The page of a rehearsal stands alone, says all of the answer, and escapes what comes from outside."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipeline.policy import Evidence, Tri
from pipeline.rehearse.answer import Answer
from pipeline.rehearse.breaks import Break
from pipeline.rehearse.limits import Limit
from pipeline.rehearse.lockouts import Lockout
from pipeline.rehearse.trail import Trail
from reports import rehearsal
from tests.reports.browser import AXE, BARRIERS, CUT, NARROW, WIDE, new_tab

MOMENT = datetime(2026, 11, 20, 12)
HIT = Evidence("scp", "no-<b>buckets</b>", "Keep", 0, "Deny", Tri.YES, '{"Effect":"Deny","Action":"s3:*"}')
USE = Break(
    *("arn:aws:iam::111111111111:role/<i>app</i>", "111111111111", "team & co", "s3:DeleteBucket", "action", MOMENT),
    *("eu-west-1", "certain", (), "denied by it", HIT),
)
TURNED = {"control_id": "scp_coverage", "severity": "high", "account_id": "1"}
TURNED |= {"verdict_before": "fail", "verdict_after": "pass"}
MEASURE = {"critical": 3, "high": 40, "controls_met": 71.5, "accounts_met": None, "coverage": 97.0}
ANSWER = Answer(
    change="attach no-buckets as scp at the root r-1",
    as_of=date(2026, 11, 23),
    days=90,
    touched=12,
    breaks=(
        USE,
        replace(USE, basis="event", certainty="conditional", depends_on=("aws:SourceIp",), resource="a/b", events=7),
        replace(USE, account_id="222222222222", owner=None, statement=None, reason="no Allow is left"),
    ),
    unknown=({"account_id": "3", "principal_arn": None, "call": "iam:GetRole", "error_class": None, "message": "no"},),
    locks_out=(Lockout("111111111111", None, "everybody in the account", "certain", ("*",), (), "nothing is allowed"),),
    turns=(TURNED,),
    untouched=({"what": "management account 999999999999", "why": "SCPs never bind its principals"},),
    limits=(Limit("no-buckets", "size", True, "300 of 10,240 characters"),),
    measures={"before": [MEASURE], "after": [MEASURE | {"high": 39}]},
    trail=Trail(2, 1200, MOMENT, MOMENT, 1200, 0, 3, ("111111111111",)),
    gaps=("There are no data events in it",),
    names={"111111111111": "shop-prod"},
)  # fmt: skip


def test_all_of_the_answer_is_on_the_page() -> None:
    page = rehearsal.page(ANSWER)
    for text in (
        *(
            "Not safe to attach",
            "attach no-buckets as scp",
            "shop-prod",
            "team &amp; co",
            "no owner tag",
            "aws:SourceIp",
        ),
        *("7 events", "a/b", "everybody", "scp_coverage", "management account 999999999999", "iam:GetRole"),
        *(
            "300 of 10,240 characters",
            "There are no data events",
            "1,200 events",
            'href="#statement-1"',
            "no Allow is left",
        ),
        *("&#34;Effect&#34;: &#34;Deny&#34;", "71.5%"),
    ):
        assert text in page, text
    assert "<b>buckets" not in page
    assert "<i>app" not in page


def test_the_page_stands_alone_and_says_when_nothing_breaks() -> None:
    page = rehearsal.page(replace(ANSWER, breaks=(), locks_out=(), turns=(), unknown=(), trail=None, gaps=()))
    assert "Nothing breaks for certain" in page
    assert "That is no promise" in page
    assert not re.search(r"<script|<link|src=|url\(\s*['\"]?http|@import", page)


@pytest.mark.slow
def test_the_page_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    """Nothing is cut, wide or narrow; no barrier; no complaint; nothing asked of a network."""
    rehearsal.write(tmp_path / "page.html", ANSWER)
    tab = new_tab(browser)
    for width in (WIDE, NARROW):
        page = tab.visit(tmp_path / "page.html", width=width)
        assert page.evaluate(CUT) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE)
    assert page.evaluate(BARRIERS) == []
    assert tab.complaints == []
    assert tab.left_the_machine == []
