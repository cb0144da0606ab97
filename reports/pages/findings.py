"""Every open finding of the organization on one page, and what to do first."""

from __future__ import annotations

from collections.abc import Iterator

from reports.night import PublishedNight
from reports.pages._page import Kind, Page
from reports.queries import ALL_FINDINGS

PLACE = 12
TITLE = "Findings"
ENTRIES = (
    ("findings", "findings.html", "All findings"),
    ("first", "first.html", "What to do first"),
)
KINDS = (
    Kind("findings", "report_findings", "All open findings of the organization, filtered by any of their fields."),
    Kind("first", "report_first", "What to do first: changes by severity and by what they close, with steps."),
)

FINDINGS = f"select * exclude (evidence) from open_findings where in_all <= {ALL_FINDINGS} order by in_all"
COUNT = "select count(*) as findings from open_findings"


def pages(night: PublishedNight) -> Iterator[Page]:
    rows = night.reader.rows
    context = {"findings": rows(FINDINGS), "total": rows(COUNT)[0]["findings"]}
    yield Page("findings.html", "findings.html.j2", "All findings", "findings", (), context)
    yield Page("first.html", "first.html.j2", "What to do first", "first", (), {"repairs": night.repairs})


def count(night: PublishedNight) -> int:
    return len(ENTRIES)
