"""The overview, and the executive summary on one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from pipeline.rows import group
from pipeline.schema import Row
from reports import figures
from reports.night import PublishedNight, keyed
from reports.pages._page import Kind, Page
from reports.pages.trust import data_times, exemptions, quality_counts
from reports.practices import TEXTS

PLACE = 10
TITLE = "Overview"
ENTRIES = (("index", "index.html", "Overview"), ("summary", "summary.html", "Executive summary"))
KINDS = (
    Kind("index", "report_index", "The overview: practices, what changed, what could not be read."),
    Kind(
        "summary",
        "report_summary",
        "The night on one page for those who decide; as PDF too, where Chromium is found.",
    ),
)

WORST = 8
NEWEST = 6
UNREAD = 10
FIRST_CHANGES = 7
FIRST_ON_PAPER = 6
HEATED = 24
SHOWN_LISTS = ("service_authorization", "condition_keys", "oidc_issuers", "vendor_accounts")
"""The lists whose age the overview tells; the page on data quality has all."""


def pages(night: PublishedNight) -> Iterator[Page]:
    yield _index(night)
    yield _summary(night)


def count(night: PublishedNight) -> int:
    return len(ENTRIES)


def _index(night: PublishedNight) -> Page:
    heat, not_heated = _heat(night)
    context = {
        "overall": night.overall,
        "shares": _shares(night),
        "chart": figures.trend(night.trend.get(_overall_key(night), [])),
        "practices": _practice_rows(night),
        "repairs": night.repairs[:FIRST_CHANGES],
        "heat": heat,
        "not_heated": not_heated,
        "owners": _worst(night.by_owner, night.owners),
        "organization": _of_organization(night),
        "accounts": _worst(night.by_account, night.accounts),
        "new": night.changes.get("new fail", [])[:NEWEST],
        "fixed": night.changes.get("fixed", [])[:NEWEST],
        "unread": night.unread[:UNREAD],
        "quality": quality_counts(night.quality),
        "knowledge": [k for k in night.knowledge if k["name"] in SHOWN_LISTS],
        "held_back": [n for n in night.nights if not n["published"]],
        "resolution": night.resolution.get("overall", {}).get(""),
        "exemptions": exemptions(night),
        "times": data_times(night),
    }
    return Page("index.html", "index.html.j2", "Overview", "index", (), context)


def _summary(night: PublishedNight) -> Page:
    context = {
        "overall": night.overall,
        "shares": _shares(night),
        "practices": _practice_rows(night),
        "repairs": night.repairs[:FIRST_ON_PAPER],
        "critical": [row for row in night.changes.get("new fail", []) if row["severity"] == "critical"],
        "unread": list(group(night.unread, "account_id").values()),
        "quality": quality_counts(night.quality),
        "management": next((a for a in night.accounts.values() if a["is_management"]), None),
    }
    return Page("summary.html", "summary.html.j2", "Executive summary", "summary", (), context)


def _practice_rows(night: PublishedNight) -> list[Row]:
    """The practices, those that the fewest accounts meet first."""
    rows = [{"text": text, "scores": night.by_practice.get(number)} for number, text in TEXTS.items()]
    return sorted(rows, key=lambda row: _met_share(row["scores"]))


def _met_share(scores: Row | None) -> tuple[bool, float, int]:
    known = scores["accounts_met"] + scores["accounts_not_met"] if scores else 0
    if not scores or not known:
        return True, 0, 0
    return False, scores["accounts_met"] / known, -scores["critical"]


def _shares(night: PublishedNight) -> Row | None:
    """The account with the smallest share of controls met, the median, and the account with the fewest fails."""
    enough = [s for s in night.by_account.values() if figures.has_enough(s)]
    if not enough:
        return None
    shares = sorted(s["controls_met"] for s in enough)
    nearest = min(enough, key=lambda s: (s["not_met"], s["fail"], s["account_id"]))
    return {"lowest": shares[0], "median": median(shares), "nearest": nearest}


def _worst(scores: dict[Any, Row], names: Mapping[Any, Any]) -> list[Row]:
    """Those with the gravest findings first: critical, then high, then the smallest share of controls met."""
    named = [{**s, "key": key} for key, s in scores.items() if key in names and s["critical"] + s["high"]]
    named.sort(key=lambda s: (-s["critical"], -s["high"], s["controls_met"] or 0, str(s["key"])))
    return named[:WORST]


def _of_organization(night: PublishedNight) -> Row:
    """What only the management account or a delegated administrator can close."""
    (row,) = night.reader.rows(OF_ORGANIZATION)
    return row


OF_ORGANIZATION = """
    select count(*) as fails, count(*) filter (severity = 'critical') as critical,
        count(*) filter (severity = 'high') as high, count(distinct repair) as changes
    from open_findings where verdict = 'fail' and made_by = 'organization'"""


def _heat(night: PublishedNight) -> tuple[list[Row], int]:
    """The OUs of the heat map (those nearest the root), and how many are left out."""
    judged = [o for o in night.ous.values() if o["ou_id"] in night.by_ou]
    nearest = sorted(judged, key=lambda o: (o["depth"], -(o["accounts"] or 0), o["ou_path"]))[:HEATED]
    chosen = {o["ou_id"] for o in nearest}
    rows = [o for o in judged if o["ou_id"] in chosen]
    by_practice = {ou_id: keyed(practices, "practice") for ou_id, practices in night.by_ou_and_practice.items()}
    heat = [{"ou": o, "scores": night.by_ou[o["ou_id"]], "by_practice": by_practice[o["ou_id"]]} for o in rows]
    return heat, len(judged) - len(rows)


def _overall_key(night: PublishedNight) -> tuple[str, str]:
    return next((key for key in night.trend if key[0] == "overall"), ("overall", ""))
