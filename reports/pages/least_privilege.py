"""Unused access: inactive users and roles, and smaller policies for principals with excessive permissions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.schema import Row
from reports.night import PublishedNight
from reports.pages._page import PROPOSALS, Kind, Page, proposal_page
from reports.queries import LISTED

PLACE = 44
TITLE = "Access"
ENTRIES = (("privilege", "least-privilege.html", "Unused access"),)
KINDS = (
    Kind(
        "least_privilege",
        "report_least_privilege",
        "The users and roles furthest from least privilege, and what to do.",
    ),
)

PRACTICE = 9
"""The practice on removing unused access."""
UNUSED = f"""
    select l.*, p.owner as principal_owner, p.created_at, a.name as account_name, a.owner
    from least_privilege l left join principals p using (account_id, arn) left join accounts a using (account_id)
    where l.data_status = 'known' and l.used_services = 0 order by l.place limit {LISTED}"""
"""Users and roles that used no service recently, worst first."""


def pages(night: PublishedNight) -> Iterator[Page]:
    shares, title = _shares(night), "Unused access and least privilege"
    paths = [proposal_page(n * PROPOSALS + 1) for n in range(len(shares))]
    for n, (path, rows) in enumerate(zip(paths, shares, strict=True), start=1):
        context = {"proposals": rows, "paths": paths, "totals": night.privileges}
        context |= _unused(night) if n == 1 else {}
        crumbs = ((title, paths[0]),) if n > 1 else ()
        yield Page(path, "least_privilege.html.j2", f"{title}, {n}" if n > 1 else title, "privilege", crumbs, context)


def count(night: PublishedNight) -> int:
    return len(_shares(night))


def _shares(night: PublishedNight) -> list[list[Row]]:
    """The proposals, split into pages; one empty page if there are none."""
    return [night.proposals[at : at + PROPOSALS] for at in range(0, len(night.proposals), PROPOSALS)] or [[]]


def _unused(night: PublishedNight) -> dict[str, Any]:
    removing = [c for c in night.controls.values() if c["practice"] == PRACTICE and c["control_id"] in night.by_control]
    return {"unused": night.reader.rows(UNUSED), "removing": removing}
