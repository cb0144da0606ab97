"""Which pages there are and what each of them is given. The templates lay it out; nothing is computed there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reports import figures
from reports.practices import TEXTS
from reports.queries import Grouped, Night, Row, group

WORST = 8
NEWEST = 6
UNREAD = 10
MEMBERS = 150
PROPOSALS = 25
_SAFE = re.compile(r"[A-Za-z0-9-]{1,64}")

Crumb = tuple[str, str]


@dataclass(frozen=True)
class Page:
    """One page: its path in the site, its template, its title, the way to it, and what the template is given."""

    path: str
    template: str
    title: str
    section: str
    crumbs: tuple[Crumb, ...]
    context: dict[str, Any]

    @property
    def root(self) -> str:
        return "../" * self.path.count("/")


def file_name(identifier: str) -> str:
    """An id as a file name. Ids from AWS are safe as they are; anything else is named by its hash."""
    if _SAFE.fullmatch(identifier):
        return identifier
    return "x" + hashlib.sha256(identifier.encode()).hexdigest()[:20]


def account_page(account_id: str) -> str:
    return f"accounts/{file_name(account_id)}.html"


def ou_page(ou_id: str) -> str:
    return f"ous/{file_name(ou_id)}.html"


def proposal_page(place: int) -> str:
    """The page that has the proposal of this place."""
    number = (place - 1) // PROPOSALS + 1
    return f"least-privilege-{number}.html" if number > 1 else "least-privilege.html"


def count(night: Night) -> int:
    """How many pages `pages` will yield."""
    return 8 + len(_shares(night)) + len(TEXTS) + len(night.ous) + len(night.accounts)


def pages(night: Night) -> Iterator[Page]:
    """Every page of the site, one after the other."""
    yield _index(night)
    yield _accounts(night)
    yield _ous(night)
    yield _controls(night)
    yield _changes(night)
    yield _coverage(night)
    yield _quality(night)
    yield _exceptions(night)
    yield from _least_privilege(night)
    yield from _practices(night)
    yield from _ou_pages(night)
    yield from _account_pages(night)


def _chart(night: Night, scope: str, key: str, of: str) -> figures.Chart | None:
    return figures.trend(night.trend.get((scope, key), []), of=of)


def _practice_rows(night: Night) -> list[Row]:
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


def _data_times(night: Night) -> tuple[Any, Any]:
    times = [r[k] for r in night.operations for k in ("oldest", "newest") if r[k] is not None]
    return (min(times), max(times)) if times else (None, None)


def _quality_counts(rows: list[Row]) -> Row:
    failed = [r for r in rows if not r["passed"]]
    blocking = [r for r in failed if r["severity"] == "blocking"]
    return {"all": len(rows), "passed": len(rows) - len(failed), "failed": failed, "blocking": len(blocking)}


def _index(night: Night) -> Page:
    worst_ous, thin_ous = _worst(night.by_ou, {k: o for k, o in night.ous.items() if o["parent_id"] is not None})
    worst_accounts, thin_accounts = _worst(night.by_account, night.accounts)
    practices = _practice_rows(night)
    context = {
        "overall": night.overall,
        "chart": _chart(night, *_overall_key(night), "The overall score"),
        "fails_chart": figures.open_fails(night.open_fails),
        "practices": practices,
        "most_fails": max((sum(p["fails"].values()) for p in practices), default=0),
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
        "owners": sorted(night.resolution.get("owner", {}).values(), key=lambda r: (-r["open"], r["key"]))[:WORST],
        "times": _data_times(night),
    }
    return Page("index.html", "index.html.j2", "Overview", "index", (), context)


def _overall_key(night: Night) -> tuple[str, str]:
    return next((key for key in night.trend if key[0] == "overall"), ("overall", ""))


def _practices(night: Night) -> Iterator[Page]:
    by_practice = group(night.controls.values(), "practice")
    for number, text in TEXTS.items():
        chart = _chart(night, "practice", str(number), "The score of this best practice")
        scores = night.by_practice.get(number)
        context = {"practice": text, "scores": scores, "chart": chart, "controls": by_practice[number]}
        context["systems"] = night.systems[number]
        context["resolution"] = night.resolution.get("practice", {}).get(str(number))
        context["fails"] = night.fails_by_practice.get(number, {})
        context["before"], context["after"] = TEXTS.get(number - 1), TEXTS.get(number + 1)
        crumbs = (("Best practices", "index.html#practices"),)
        yield Page(text.page, "practice.html.j2", f"{number}. {text.title}", "index", crumbs, context)


def _controls(night: Night) -> Page:
    return Page("controls.html", "controls.html.j2", "Controls", "controls", (), {})


def _accounts(night: Night) -> Page:
    return Page("accounts.html", "accounts.html.j2", "Accounts", "accounts", (), {})


def _changes(night: Night) -> Page:
    return Page("changes.html", "changes.html.j2", "Changes", "changes", (), {})


def _quality(night: Night) -> Page:
    context = {"quality": _quality_counts(night.quality), "by_dataset": group(night.quality, "dataset")}
    return Page("quality.html", "quality.html.j2", "Data quality", "quality", (), context)


def _exceptions(night: Night) -> Page:
    return Page("exceptions.html", "exceptions.html.j2", "Exceptions", "exceptions", (), {})


def _shares(night: Night) -> list[list[Row]]:
    """The proposals, so many a page; one page where there are none."""
    return [night.proposals[at : at + PROPOSALS] for at in range(0, len(night.proposals), PROPOSALS)] or [[]]


def _least_privilege(night: Night) -> Iterator[Page]:
    shares, title = _shares(night), "Least privilege"
    paths = [proposal_page(n * PROPOSALS + 1) for n in range(len(shares))]
    for n, (path, rows) in enumerate(zip(paths, shares, strict=True), start=1):
        context = {"proposals": rows, "paths": paths, "totals": night.privileges.get(None)}
        crumbs = ((title, paths[0]),) if n > 1 else ()
        yield Page(path, "least_privilege.html.j2", f"{title}, {n}" if n > 1 else title, "privilege", crumbs, context)


def _coverage(night: Night) -> Page:
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


def _children(night: Night) -> Grouped:
    """OUs by parent; those whose parent is not an OU of the table stand under None."""
    return group(
        ({**o, "above": o["parent_id"] if o["parent_id"] in night.ous else None} for o in _tree(night)), "above"
    )


def _tree(night: Night) -> list[Row]:
    return list(night.ous.values())


def _way(night: Night, ou_id: str | None) -> tuple[Crumb, ...]:
    """Breadcrumbs from the list of OUs down to an OU."""
    crumbs: list[Crumb] = []
    seen = set()
    while ou_id in night.ous and ou_id not in seen:
        seen.add(ou_id)
        ou = night.ous[ou_id]
        crumbs.append((ou["name"] or ou_id, ou_page(ou_id)))
        ou_id = ou["parent_id"]
    return (("Organizational units", "ous.html"), *reversed(crumbs))


def _ous(night: Night) -> Page:
    children = _children(night)

    def walk(above: str | None, depth: int) -> Iterator[tuple[int, Row]]:
        for ou in children.get(above, []):
            yield depth, ou
            yield from walk(ou["ou_id"], depth + 1)

    context = {"tree": list(walk(None, 0))}
    return Page("ous.html", "ous.html.j2", "Organizational units", "ous", (), context)


def _ou_pages(night: Night) -> Iterator[Page]:
    children, members = _children(night), group(night.accounts.values(), "ou_id")
    for ou_id, ou in night.ous.items():
        context = {
            "ou": ou,
            "scores": night.by_ou.get(ou_id),
            "chart": _chart(night, "ou", ou_id, "The score of this organizational unit"),
            "children": children.get(ou_id, []),
            "members": members.get(ou_id, []),
            "most": MEMBERS,
            "by_practice": {r["practice"]: r for r in night.by_ou_and_practice.get(ou_id, [])},
            "resolution": night.resolution.get("ou", {}).get(ou_id),
        }
        title = ou["name"] or ou_id
        yield Page(ou_page(ou_id), "ou.html.j2", title, "ous", _way(night, ou_id)[:-1], context)


def _account_pages(night: Night) -> Iterator[Page]:
    for account_id, account in night.accounts.items():
        unread = night.unread_by_account.get(account_id, [])
        context = {
            "account": account,
            "scores": night.by_account.get(account_id),
            "chart": _chart(night, "account", account_id, "The score of this account"),
            "by_practice": {r["practice"]: r for r in night.by_account_and_practice.get(account_id, [])},
            "fails": night.fails_by_account.get(account_id, {}),
            "findings": night.findings_by_account.get(account_id, []),
            "changes": night.changes_by_account.get(account_id, []),
            "unread": unread,
            "unread_datasets": {d for r in unread for d in r["datasets"]},
            "ledger": night.ledger.get(account_id, []),
            "people": night.people.get(account_id),
            "credentials": night.credentials.get(account_id, []),
            "credential_counts": night.credential_counts.get(account_id, []),
            "keys": night.keys.get(account_id, []),
            "privileges": night.privileges.get(account_id),
        }
        title = account["name"] or account_id
        yield Page(
            account_page(account_id), "account.html.j2", title, "accounts", _account_way(night, account), context
        )


def _account_way(night: Night, account: Row) -> tuple[Crumb, ...]:
    return (("Accounts", "accounts.html"), *_way(night, account["ou_id"])[1:])
