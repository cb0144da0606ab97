"""Which pages there are and what each of them is given. The templates lay it out; nothing is computed there."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import chain, islice
from typing import Any

from markupsafe import Markup

from pipeline.schema import Row
from reports import access, figures, sheet
from reports.filters import reads, visible
from reports.night import Grouped, PublishedNight, group, keyed
from reports.practices import TEXTS
from reports.queries import CONTROL_OUS, FINDINGS_PER_PAGE, ONCE, OU_CONTROLS

WORST = 8
NEWEST = 6
UNREAD = 10
MOVES = 10
FEW_MOVES = 5
HEATED = 24
PROPOSALS = 25
EXPIRING = timedelta(days=30)
_SAFE = re.compile(r"(?!x[0-9a-f]{20}$|(con|prn|aux|nul|com\d|lpt\d)$)[a-z0-9-]{1,64}")
"""No capitals, which some file systems do not tell apart, no name that Windows keeps, none that looks like a hash."""

Crumb = tuple[str, str]


@dataclass(frozen=True)
class Page:
    """One page: its path in the site, its template, its title, the way to it, and what the template is given.

    A table puts the rows that it does not show at first on the `shelf`: they become a script beside the page. `files`
    are other files beside it, by name, as text that is written as it comes.
    """

    path: str
    template: str
    title: str
    section: str
    crumbs: tuple[Crumb, ...]
    context: dict[str, Any]
    shelf: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list), compare=False)
    files: Mapping[str, Iterable[str]] = field(default_factory=dict, compare=False)

    @property
    def root(self) -> str:
        return "../" * self.path.count("/")

    def shelved(self, table: str) -> str:
        """The file, beside the page, with the further rows of a table."""
        return f"{self.path.rsplit('/', 1)[-1].removesuffix('.html')}.{table}.js"

    def put(self, table: str, row: str) -> str:
        self.shelf[table].append(str(row).strip())
        return ""


def file_name(identifier: str) -> str:
    """An id as a file name. Ids from AWS are safe as they are; anything else is named by its hash."""
    if _SAFE.fullmatch(identifier):
        return identifier
    return "x" + hashlib.sha256(identifier.encode()).hexdigest()[:20]


def account_page(account_id: str) -> str:
    return f"accounts/{file_name(account_id)}.html"


def ou_page(ou_id: str) -> str:
    return f"ous/{file_name(ou_id)}.html"


def owner_page(owner: str) -> str:
    return f"owners/{file_name(owner)}.html"


def control_page(control_id: str) -> str:
    return f"controls/{control_id}.html"


def finding_page(finding: Row) -> str:
    """Where a finding is told whole; beyond what its account's page lists, that page."""
    place = finding["in_account"]
    listed = place is not None and place <= FINDINGS_PER_PAGE
    return account_page(finding["account_id"]) + (f"#f-{finding['id']}" if listed else "")


def proposal_page(place: int) -> str:
    """The page that has the proposal of this place."""
    number = (place - 1) // PROPOSALS + 1
    return f"least-privilege-{number}.html" if number > 1 else "least-privilege.html"


def explain(finding: Row) -> str:
    """The command that says what decided a finding."""
    command = ["rolecall", "explain", finding["control_id"], finding["resource"], "--account", finding["account_id"]]
    return shlex.join([*command, *(["--region", finding["region"]] if finding["region"] != "global" else [])])


SECTIONS = (
    ("Overview", (("index", "index.html", "Overview"), ("summary", "summary.html", "Executive summary"))),
    ("Controls", (("controls", "controls.html", "Controls"),)),
    (
        "Organization",
        (
            ("accounts", "accounts.html", "Accounts"),
            ("ous", "ous.html", "Organizational units"),
            ("owners", "owners.html", "Owners"),
        ),
    ),
    (
        "Access",
        (
            ("people", "people.html", "People and workloads"),
            ("guardrails", "guardrails.html", "Guardrails"),
            ("privilege", "least-privilege.html", "Unused access"),
        ),
    ),
    ("Changes", (("changes", "changes.html", "Changes"),)),
    (
        "Trust in the data",
        (
            ("coverage", "coverage.html", "Coverage"),
            ("quality", "quality.html", "Data quality"),
            ("exceptions", "exceptions.html", "Exceptions"),
        ),
    ),
)
"""The navigation: of each part its pages, as (section, path, word); the first stands for the part."""
GLOBALS = {
    f.__name__: f for f in (account_page, control_page, explain, finding_page, ou_page, owner_page, proposal_page)
} | {"SECTIONS": SECTIONS}


def control_links(night: PublishedNight) -> Callable[[str], dict[str, Markup]]:
    """For the way back to the site's folder, the links to all controls by their ids."""
    link = Markup('<a href="{}{}"><span class="id">{}</span> {}</a>')

    @cache
    def links(root: str) -> dict[str, Markup]:
        return {
            i: link.format(root, control_page(i), visible(c["number"]), visible(c["title"]))
            for i, c in night.controls.items()
        }

    return links


def count(night: PublishedNight) -> int:
    """How many pages `pages` will yield."""
    several = (_shares(night), TEXTS, night.controls, night.ous, night.owners, night.accounts)
    return 12 + sum(map(len, several))


def pages(night: PublishedNight) -> Iterator[Page]:
    """Every page of the site, one after the other."""
    yield _index(night)
    yield _summary(night)
    yield _plain("accounts.html", "Accounts", "accounts")
    yield _ous(night)
    yield _plain("controls.html", "Controls", "controls")
    yield _plain("changes.html", "Changes", "changes")
    yield _coverage(night)
    yield _quality(night)
    yield _exceptions(night)
    yield _plain("owners.html", "Owners", "owners")
    yield Page("people.html", "people.html.j2", "People and workloads", "people", (), access.people(night))
    yield Page("guardrails.html", "guardrails.html.j2", "Guardrails", "guardrails", (), access.guardrails(night))
    yield from _least_privilege(night)
    yield from _practices(night)
    yield from _control_pages(night)
    yield from _ou_pages(night)
    yield from _owner_pages(night)
    yield from _account_pages(night)


def _plain(path: str, title: str, section: str) -> Page:
    return Page(path, f"{path}.j2", title, section, (), {})


def _practice_rows(night: PublishedNight) -> list[Row]:
    rows = []
    for number, text in TEXTS.items():
        trend = night.trend.get(("practice", str(number)), [])
        line = [r["score"] if figures.has_enough(r) else None for r in trend]
        fails = night.fails_by_practice.get(number, {})
        rows.append({"text": text, "scores": night.by_practice.get(number), "line": line, "fails": fails})
    return rows


def _worst(scores: dict[Any, Row], names: dict[Any, Row]) -> tuple[list[Row], int]:
    """The lowest scores that rest on enough data, and how many were left out for want of it."""
    known = [s for key, s in scores.items() if key in names]
    enough = [s for s in known if figures.has_enough(s)]
    enough.sort(key=lambda s: (s["score"], -s["fail"], str(s.get("account_id") or s.get("ou_id"))))
    return [s for s in enough if s["fail"]][:WORST], len(known) - len(enough)


def _data_times(night: PublishedNight) -> tuple[Any, Any]:
    times = [r[k] for r in night.operations for k in ("oldest", "newest") if r[k] is not None]
    return (min(times), max(times)) if times else (None, None)


def _quality_counts(rows: list[Row]) -> Row:
    failed = [r for r in rows if not r["passed"]]
    blocking = [r for r in failed if r["severity"] == "blocking"]
    return {"all": len(rows), "passed": len(rows) - len(failed), "failed": failed, "blocking": len(blocking)}


def _heat(night: PublishedNight) -> tuple[list[Row], int]:
    """The rows of the heat map, OUs nearest to the root first, and how many are left out."""
    judged = [o for o in night.ous.values() if o["ou_id"] in night.by_ou]
    nearest = sorted(judged, key=lambda o: (o["depth"], -(o["accounts"] or 0), o["ou_path"]))[:HEATED]
    chosen = {o["ou_id"] for o in nearest}
    rows = [o for o in judged if o["ou_id"] in chosen]
    by_practice = {ou_id: keyed(found, "practice") for ou_id, found in night.by_ou_and_practice.items()}
    heat = [{"ou": o, "scores": night.by_ou[o["ou_id"]], "by_practice": by_practice[o["ou_id"]]} for o in rows]
    return heat, len(judged) - len(rows)


def _exemptions(night: PublishedNight) -> Row:
    """What the register keeps out of the score, and for how long."""
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
        "quality": _quality_counts(night.quality),
        "held_back": [n for n in night.nights if not n["published"]],
        "resolution": night.resolution.get("overall", {}).get(""),
        "exemptions": _exemptions(night),
        "times": _data_times(night),
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
        "quality": _quality_counts(night.quality),
        "management": next((a for a in night.accounts.values() if a["is_management"]), None),
    }
    return Page("summary.html", "summary.html.j2", "Executive summary", "summary", (), context)


def _overall_key(night: PublishedNight) -> tuple[str, str]:
    return next((key for key in night.trend if key[0] == "overall"), ("overall", ""))


def _practices(night: PublishedNight) -> Iterator[Page]:
    by_practice = group(night.controls.values(), "practice")
    for number, text in TEXTS.items():
        context = {
            "practice": text,
            "scores": night.by_practice.get(number),
            "chart": figures.trend(
                night.trend.get(("practice", str(number)), []), of="The score of this best practice"
            ),
            "controls": by_practice[number],
            "fails": night.fails_by_practice.get(number, {}),
            "systems": night.systems[number],
            "resolution": night.resolution.get("practice", {}).get(str(number)),
            "new": [c for c in night.changes.get("new fail", []) if c["practice"] == number],
            "before": TEXTS.get(number - 1),
            "after": TEXTS.get(number + 1),
        }
        crumbs = (("Best practices", "index.html#practices"),)
        yield Page(text.page, "practice.html.j2", f"{number}. {text.title}", "index", crumbs, context)


def _control_pages(night: PublishedNight) -> Iterator[Page]:
    units = group(night.reader.rows(CONTROL_OUS), "control_id")
    for control, findings in night.per_control():
        control_id, practice = control["control_id"], TEXTS[control["practice"]]
        context = {
            "control": control,
            "practice": practice,
            "scores": night.by_control.get(control_id),
            "chart": figures.trend(night.trend.get(("control", control_id), []), of="The score of this control"),
            "findings": findings,
            "units": units[control_id],
            "calls": night.calls[control_id],
        }
        crumbs = (("Controls", "controls.html"), (f"{practice.number}. {practice.title}", practice.page))
        yield Page(control_page(control_id), "control.html.j2", control["title"], "controls", crumbs, context)


def _quality(night: PublishedNight) -> Page:
    context = {"quality": _quality_counts(night.quality), "by_dataset": group(night.quality, "dataset")}
    return Page("quality.html", "quality.html.j2", "Data quality", "quality", (), context)


def _exceptions(night: PublishedNight) -> Page:
    context = {"exemptions": _exemptions(night)}
    return Page("exceptions.html", "exceptions.html.j2", "Exceptions", "exceptions", (), context)


def _shares(night: PublishedNight) -> list[list[Row]]:
    """The proposals, so many a page; one page where there are none."""
    return [night.proposals[at : at + PROPOSALS] for at in range(0, len(night.proposals), PROPOSALS)] or [[]]


def _least_privilege(night: PublishedNight) -> Iterator[Page]:
    shares, title = _shares(night), "Unused access and least privilege"
    paths = [proposal_page(n * PROPOSALS + 1) for n in range(len(shares))]
    for n, (path, rows) in enumerate(zip(paths, shares, strict=True), start=1):
        context = {"proposals": rows, "paths": paths, "totals": night.privileges}
        context |= access.unused(night) if n == 1 else {}
        crumbs = ((title, paths[0]),) if n > 1 else ()
        yield Page(path, "least_privilege.html.j2", f"{title}, {n}" if n > 1 else title, "privilege", crumbs, context)


def _coverage(night: PublishedNight) -> Page:
    classes: dict[str, Row] = {}
    for row in night.unread:
        name = row["error_class"] or "unclassified"
        found = classes.setdefault(name, {"error_class": name, "accounts": set(), "calls": 0, "controls": set()})
        found["accounts"].add(row["account_id"])
        found["controls"].update(row["controls"] or [])
        found["calls"] += 1
    ordered = sorted(classes.values(), key=lambda c: (-len(c["accounts"]), c["error_class"]))
    totals = {k: sum(r[k] or 0 for r in night.operations) for k in ("calls", "attempts", "rows", "seconds", "failed")}
    context = {"classes": ordered, "totals": totals, "times": _data_times(night)}
    return Page("coverage.html", "coverage.html.j2", "Coverage", "coverage", (), context)


def _children(night: PublishedNight) -> Grouped:
    """OUs by parent; those whose parent is not an OU of the table stand under None."""
    return group(
        ({**o, "above": o["parent_id"] if o["parent_id"] in night.ous else None} for o in night.ous.values()), "above"
    )


def _way(night: PublishedNight, ou_id: str | None) -> tuple[Crumb, ...]:
    """Breadcrumbs from the list of OUs down to an OU."""
    crumbs: list[Crumb] = []
    seen = set()
    while ou_id in night.ous and ou_id not in seen:
        seen.add(ou_id)
        ou = night.ous[ou_id]
        crumbs.append((ou["name"] or ou_id, ou_page(ou_id)))
        ou_id = ou["parent_id"]
    return (("Organizational units", "ous.html"), *reversed(crumbs))


def _ous(night: PublishedNight) -> Page:
    children = _children(night)

    def walk(above: str | None, depth: int) -> Iterator[tuple[int, Row]]:
        for ou in children.get(above, []):
            yield depth, ou
            yield from walk(ou["ou_id"], depth + 1)

    context = {"tree": list(walk(None, 0))}
    return Page("ous.html", "ous.html.j2", "Organizational units", "ous", (), context)


def _ou_pages(night: PublishedNight) -> Iterator[Page]:
    children, members = _children(night), group(night.accounts.values(), "ou_id")
    controls = group(night.reader.rows(OU_CONTROLS), "ou_id")
    for ou_id, ou in night.ous.items():
        context = {
            "ou": ou,
            "scores": night.by_ou.get(ou_id),
            "chart": figures.trend(night.trend.get(("ou", ou_id), []), of="The score of this organizational unit"),
            "children": children.get(ou_id, []),
            "members": members.get(ou_id, []),
            "controls": controls[ou_id],
            "by_practice": keyed(night.by_ou_and_practice.get(ou_id, []), "practice"),
            "resolution": night.resolution.get("ou", {}).get(ou_id),
        }
        title = ou["name"] or ou_id
        yield Page(ou_page(ou_id), "ou.html.j2", title, "ous", _way(night, ou_id)[:-1], context)


def _owner_pages(night: PublishedNight) -> Iterator[Page]:
    for owner, found, rows in night.per_owner():
        first = list(islice(found, FINDINGS_PER_PAGE))
        name = f"{file_name(owner)}.csv"
        context = {
            "owner": owner,
            "accounts": night.owners[owner],
            "scores": night.by_owner.get(owner),
            "chart": figures.trend(night.trend.get(("owner", owner), []), of="The score of this owner's accounts"),
            "fails": night.fails_by_owner.get(owner, {}),
            "findings": first,
            "csv": name,
            "changes": rows["changes"],
            "controls": rows["controls"],
            "resolution": night.resolution.get("owner", {}).get(owner),
        }
        files = {name: sheet.lines(chain(first, found), night, finding_page)}
        title, crumbs = owner or "No owner tag", (("Owners", "owners.html"),)
        yield Page(owner_page(owner), "owner.html.j2", title, "owners", crumbs, context, files=files)


def _account_pages(night: PublishedNight) -> Iterator[Page]:
    once = group(night.reader.rows(ONCE), "operation")
    for account, rows in night.per_account():
        account_id = account["account_id"]
        context = {
            "account": account,
            "scores": night.by_account.get(account_id),
            "chart": figures.trend(rows["trend"], of="The score of this account"),
            "by_practice": keyed(rows["practices"], "practice"),
            "fails": night.fails_by_account.get(account_id, {}),
            "findings": rows["findings"],
            "reads": _reads(night, group(rows["ledger"], "operation"), once),
            "changes": rows["changes"],
            "unread": rows["unread"],
            "unread_datasets": {d for r in rows["unread"] for d in r["datasets"]},
            "ledger": rows["ledger"],
            "people": next(iter(rows["people"]), None),
            "credentials": rows["credentials"],
            "credential_counts": rows["credential_counts"],
            "keys": rows["keys"],
            "privileges": next(iter(rows["privileges"]), None),
        }
        title = account["name"] or account_id
        crumbs = (("Accounts", "accounts.html"), *_way(night, account["ou_id"])[1:])
        yield Page(account_page(account_id), "account.html.j2", title, "accounts", crumbs, context)


def _reads(night: PublishedNight, asked: Grouped, once: Grouped) -> Callable[[Row], Markup]:
    """Says of a finding of an account which calls it rests on; many findings rest on the same."""

    @cache
    def told(control_id: str, region: str) -> Markup:
        return reads(_calls(night, asked, once, control_id, region), "../coverage.html")

    return lambda finding: told(finding["control_id"], finding["region"])


def _calls(night: PublishedNight, asked: Grouped, once: Grouped, control_id: str, region: str) -> Iterator[Row]:
    """The calls that a finding rests on, each with the time of its data: the account's own, and the organization's."""
    for call in night.calls[control_id]:
        rows = once[call["operation"]] if call["is_once"] else asked[call["operation"]]
        here = [r for r in rows if "global" in (r["region"], region) or r["region"] == region]
        times = [r["data_time"] for r in here if r["data_time"]]
        if here:
            is_ok = all(r["status"] == "ok" for r in here)
            yield {**call, "is_ok": is_ok, "read_at": max(times, default=None)}
