"""The overview, and the executive summary on one page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.schema import Row
from reports import figures
from reports.night import PublishedNight, group, keyed
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
MOVES = 10
FEW_MOVES = 5
HEATED = 24
SHOWN_LISTS = ("service_authorization", "condition_keys", "oidc_issuers", "vendor_accounts")
"""The lists whose age the overview tells; the page on data quality has all."""


def pages(night: PublishedNight) -> Iterator[Page]:
    yield _index(night)
    yield _summary(night)


def count(night: PublishedNight) -> int:
    return len(ENTRIES)


def _index(night: PublishedNight) -> Page:
    worst_ous, thin_ous = _worst(night.by_ou, {k: o for k, o in night.ous.items() if o["parent_id"] is not None})
    worst_accounts, thin_accounts = _worst(night.by_account, night.accounts)
    practices = _practice_rows(night)
    heat, not_heated = _heat(night)
    context = {
        "overall": night.overall,
        "chart": figures.trend(night.trend.get(_overall_key(night), []), of="The overall score"),
        "fails_chart": figures.open_fails(night.open_fails),
        "practices": practices,
        "most_fails": max((sum(p["fails"].values()) for p in practices), default=0),
        "moves": night.moves[:MOVES],
        "heat": heat,
        "not_heated": not_heated,
        "worst_ous": worst_ous,
        "thin_ous": thin_ous,
        "worst_accounts": worst_accounts,
        "thin_accounts": thin_accounts,
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
    chart = figures.trend(night.trend.get(_overall_key(night), []), of="The overall score")
    context = {
        "overall": night.overall,
        "chart": figures.small(chart, "summary-trend", 190),
        "practices": _practice_rows(night),
        "moves": night.moves[:FEW_MOVES],
        "critical": [row for row in night.changes.get("new fail", []) if row["severity"] == "critical"],
        "unread": list(group(night.unread, "account_id").values()),
        "quality": quality_counts(night.quality),
        "management": next((a for a in night.accounts.values() if a["is_management"]), None),
    }
    return Page("summary.html", "summary.html.j2", "Executive summary", "summary", (), context)


def _practice_rows(night: PublishedNight) -> list[Row]:
    rows = []
    for number, text in TEXTS.items():
        trend = night.trend.get(("practice", str(number)), [])
        line = [r["score"] if figures.has_enough(r) else None for r in trend]
        fails = night.fails_by_practice.get(number, {})
        rows.append({"text": text, "scores": night.by_practice.get(number), "line": line, "fails": fails})
    return rows


def _worst(scores: dict[Any, Row], names: dict[Any, Row]) -> tuple[list[Row], int]:
    """The lowest scores with enough data, and how many were left out for lack of data."""
    named = [s for key, s in scores.items() if key in names]
    enough = [s for s in named if figures.has_enough(s)]
    enough.sort(key=lambda s: (s["score"], -s["fail"], str(s.get("account_id") or s.get("ou_id"))))
    return [s for s in enough if s["fail"]][:WORST], len(named) - len(enough)


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
