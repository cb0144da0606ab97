"""Organizational units and owners: the lists, and a page for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from pipeline.rows import Grouped, group
from pipeline.schema import Row
from reports import figures, sheet
from reports.database import Groups
from reports.night import PublishedNight, keyed
from reports.pages._page import Kind, Page, file_name, finding_page, ou_page, owner_page, plain_page, way_to_ou
from reports.queries import ABOVE, CHANGES_BY, CHANGES_PER_ACCOUNT, FINDINGS_PER_PAGE

PLACE = 32
TITLE = "Organization"
ENTRIES = (("ous", "ous.html", "Organizational units"), ("owners", "owners.html", "Owners"))
KINDS = (
    Kind("ous", "report_ous", "The tree of organizational units with what is open and met."),
    Kind("ou", "report_ou_pages", "A page for each organizational unit."),
    Kind("owners", "report_owners", "The list of owners with what is open and met in their accounts."),
    Kind("owner", "report_owner_pages", "A page for each owner, and its findings as CSV."),
)

OU_CONTROLS = f"""
    with recursive {ABOVE}
    select above.ou_id, f.control_id, count(*) filter (verdict = 'fail') as fails,
        count(*) filter (verdict = 'unknown') as unknown, count(distinct f.account_id) as accounts
    from open_findings f join accounts a using (account_id) join above on a.ou_id = above.member
    group by all having fails + unknown > 0 order by above.ou_id, fails desc, unknown desc, f.control_id"""
OWNER_FINDINGS = "select * exclude (evidence) from open_findings order by owner, in_owner"
REPAIRS_PER_OWNER, WORST = 6, 8
BY_OWNER = {
    "changes": CHANGES_BY.format(key="coalesce(a.owner, '')", few=CHANGES_PER_ACCOUNT),
    "repairs": f"""
        select r.*, a.name as account_name, coalesce(a.owner, '') as owner
        from repairs r join accounts a using (account_id) where r.made_by = 'account owner'
        qualify row_number() over (partition by coalesce(a.owner, '') order by place) <= {REPAIRS_PER_OWNER}
        order by owner, place""",
    "mine": """
        select owner, count(*) filter (made_by = 'account owner') as mine,
            count(*) filter (made_by <> 'account owner') as organization,
            count(distinct repair) filter (made_by = 'account owner') as changes
        from open_findings where verdict = 'fail' group by all order by all""",
    "controls": """
    select owner, control_id, count(*) filter (verdict = 'fail') as fails,
        count(*) filter (verdict = 'unknown') as unknown, count(distinct account_id) as accounts
    from open_findings group by all having fails + unknown > 0
    order by owner, fails desc, unknown desc, control_id""",
}


def pages(night: PublishedNight) -> Iterator[Page]:
    yield _ous(night)
    yield plain_page("owners.html", "Owners", "owners")
    yield from _ou_pages(night)
    yield from _owner_pages(night)


def count(night: PublishedNight) -> int:
    return 2 + len(night.ous) + len(night.owners)


def _ous(night: PublishedNight) -> Page:
    children = _children(night)

    def walk(above: str | None, depth: int) -> Iterator[tuple[int, Row]]:
        for ou in children.get(above, []):
            yield depth, ou
            yield from walk(ou["ou_id"], depth + 1)

    context = {"tree": list(walk(None, 0))}
    return Page("ous.html", "ous.html.j2", "Organizational units", "ous", (), context)


def _children(night: PublishedNight) -> Grouped:
    """OUs by parent; None for those whose parent is not in the table."""
    return group(
        ({**o, "above": o["parent_id"] if o["parent_id"] in night.ous else None} for o in night.ous.values()), "above"
    )


def _ou_pages(night: PublishedNight) -> Iterator[Page]:
    children, members = _children(night), group(night.accounts.values(), "ou_id")
    controls = group(night.reader.rows(OU_CONTROLS), "ou_id")
    for ou_id, ou in night.ous.items():
        context = {
            "ou": ou,
            "scores": night.by_ou.get(ou_id),
            "chart": figures.trend(night.trend.get(("ou", ou_id), []), of="this organizational unit"),
            "children": children.get(ou_id, []),
            "members": members.get(ou_id, []),
            "controls": controls[ou_id],
            "by_practice": keyed(night.by_ou_and_practice.get(ou_id, []), "practice"),
            "resolution": night.resolution.get("ou", {}).get(ou_id),
        }
        title = ou["name"] or ou_id
        yield Page(ou_page(ou_id), "ou.html.j2", title, "ous", way_to_ou(night, ou_id)[:-1], context)


def _worst(night: PublishedNight, accounts: list[Row]) -> list[Row]:
    """The measures of the accounts with the gravest findings."""
    known = [night.by_account[a["account_id"]] for a in accounts if a["account_id"] in night.by_account]
    grave = [s for s in known if s["critical"] + s["high"]]
    return sorted(grave, key=lambda s: (-s["critical"], -s["high"], s["account_id"]))[:WORST]


def _owner_pages(night: PublishedNight) -> Iterator[Page]:
    findings = Groups(night.reader.stream(OWNER_FINDINGS), "owner")
    for owner, rows in night.by_key("owner", night.owners, BY_OWNER):
        open_findings = findings.stream(owner)
        first = list(islice(open_findings, FINDINGS_PER_PAGE))
        name = f"{file_name(owner)}.csv"
        context = {
            "owner": owner,
            "accounts": night.owners[owner],
            "scores": night.by_owner.get(owner),
            "chart": figures.trend(night.trend.get(("owner", owner), []), of="this owner's accounts"),
            "fails": night.fails_by_owner.get(owner, {}),
            "findings": first,
            "repairs": rows["repairs"],
            "worst": _worst(night, night.owners[owner]),
            "mine": next(iter(rows["mine"]), {"mine": 0, "organization": 0, "changes": 0}),
            "csv": name,
            "changes": rows["changes"],
            "controls": rows["controls"],
            "resolution": night.resolution.get("owner", {}).get(owner),
        }
        files = {name: sheet.lines(chain(first, open_findings), night, finding_page)}
        title, crumbs = owner or "No owner tag", (("Owners", "owners.html"),)
        yield Page(owner_page(owner), "owner.html.j2", title, "owners", crumbs, context, files=files)
