"""Pages on how far the data can be trusted: coverage, data quality, and the register."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pipeline.rows import group
from pipeline.schema import Row
from reports.night import PublishedNight
from reports.pages._page import Kind, Page

PLACE = 60
TITLE = "Evidence"
ENTRIES = (
    ("coverage", "coverage.html", "Coverage"),
    ("quality", "quality.html", "Data quality"),
    ("exceptions", "exceptions.html", "Exceptions"),
)
KINDS = (
    Kind("coverage", "report_coverage", "What could not be read, and why."),
    Kind("quality", "report_quality", "The checks on the inputs and what they found."),
    Kind("exceptions", "report_exceptions", "The register of exceptions and what each entry covers."),
)

EXPIRING = timedelta(days=30)


def pages(night: PublishedNight) -> Iterator[Page]:
    yield _coverage(night)
    yield _quality(night)
    yield _exceptions(night)


def count(night: PublishedNight) -> int:
    return len(ENTRIES)


def _coverage(night: PublishedNight) -> Page:
    classes: dict[str, Row] = {}
    for row in night.unread:
        name = row["error_class"] or "unclassified"
        error = classes.setdefault(name, {"error_class": name, "accounts": set(), "calls": 0, "controls": set()})
        error["accounts"].add(row["account_id"])
        error["controls"].update(row["controls"] or [])
        error["calls"] += 1
    ordered = sorted(classes.values(), key=lambda c: (-len(c["accounts"]), c["error_class"]))
    totals = {k: sum(r[k] or 0 for r in night.operations) for k in ("calls", "attempts", "rows", "seconds", "failed")}
    context = {"classes": ordered, "totals": totals, "times": data_times(night)}
    return Page("coverage.html", "coverage.html.j2", "Coverage", "coverage", (), context)


def _quality(night: PublishedNight) -> Page:
    context = {
        "quality": quality_counts(night.quality),
        "by_dataset": group(night.quality, "dataset"),
        "knowledge": night.knowledge,
        "gaps": night.knowledge_gaps,
    }
    return Page("quality.html", "quality.html.j2", "Data quality", "quality", (), context)


def _exceptions(night: PublishedNight) -> Page:
    context = {"exemptions": exemptions(night)}
    return Page("exceptions.html", "exceptions.html.j2", "Exceptions", "exceptions", (), context)


def data_times(night: PublishedNight) -> tuple[Any, Any]:
    """The oldest and newest time of the data; None for both if nothing was read."""
    times = [r[k] for r in night.operations for k in ("oldest", "newest") if r[k] is not None]
    return (min(times), max(times)) if times else (None, None)


def quality_counts(rows: list[Row]) -> Row:
    """The number of checks, of passed checks, the failed ones, and how many of those are blocking."""
    failed = [r for r in rows if not r["passed"]]
    blocking = [r for r in failed if r["severity"] == "blocking"]
    return {"all": len(rows), "passed": len(rows) - len(failed), "failed": failed, "blocking": len(blocking)}


def exemptions(night: PublishedNight) -> Row:
    """What the register excludes from the measures, and until when."""
    ours = [e for e in night.exceptions if e["kind"] == "exception"]
    live = [e for e in ours if e["is_live"]]
    soon = [e for e in live if e["expires_on"] and e["expires_on"] <= night.as_of + EXPIRING]
    return {
        "live": len(live),
        "covers": night.overall["exempt"] if night.overall else 0,
        "soon": len(soon),
        "expired": len(ours) - len(live),
        "idle": len([e for e in live if not e["covers"]]),
    }
