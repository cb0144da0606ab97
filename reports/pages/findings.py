"""Every open finding of the organization on one page, what to do first, and pictures."""

from __future__ import annotations

from collections.abc import Iterator

from reports import figures
from reports.night import PublishedNight
from reports.pages._page import Kind, Page
from reports.queries import ALL_FINDINGS

PLACE = 12
TITLE = "Findings"
ENTRIES = (
    ("findings", "findings.html", "All findings"),
    ("first", "first.html", "What to do first"),
    ("pictures", "pictures.html", "Pictures"),
)
KINDS = (
    Kind("findings", "report_findings", "All open findings of the organization, filtered by any of their fields."),
    Kind("first", "report_first", "What to do first: changes by severity and by what they close, with steps."),
    Kind("pictures", "report_pictures", "Fails by severity and night, and accounts by critical and high findings."),
)

FINDINGS = f"select * exclude (evidence) from open_findings where in_all <= {ALL_FINDINGS} order by in_all"
COUNT = "select count(*) as findings from open_findings"
TITLES = {"findings.html": "All findings", "first.html": "What to do first", "pictures.html": "Pictures"}


def pages(night: PublishedNight) -> Iterator[Page]:
    rows = night.reader.rows
    context = {"findings": rows(FINDINGS), "total": rows(COUNT)[0]["findings"]}
    yield Page("findings.html", "findings.html.j2", "All findings", "findings", (), context)
    yield Page("first.html", "first.html.j2", "What to do first", "first", (), {"repairs": night.repairs})
    yield _pictures(night)


def count(night: PublishedNight) -> int:
    return len(ENTRIES)


def _pictures(night: PublishedNight) -> Page:
    grave = sorted(
        (
            {"account_id": id, "name": night.accounts[id]["name"] or id, "critical": s["critical"], "high": s["high"]}
            for id, s in night.by_account.items()
            if id in night.accounts
        ),
        key=lambda a: (-a["critical"], -a["high"], a["account_id"]),
    )
    charts = [chart for chart in (figures.accounts_map(grave), figures.open_fails(night.open_fails)) if chart]
    return Page("pictures.html", "pictures.html.j2", "Pictures", "pictures", (), {"charts": charts, "plotly": charts})
