"""The pages of the report, one module per section of the navigation.

A module declares its `PLACE`, `TITLE` and `ENTRIES` in the navigation and its `KINDS` of page, and yields its
`pages`; see `Section` in `reports.pages._page`. Modules are discovered: a new page is one module and its template.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from pipeline.schema import Row
from reports import steps
from reports.filters import visible
from reports.night import PublishedNight
from reports.pages._page import (
    LINKS,
    Entry,
    Kind,
    Page,
    Section,
    account_page,
    control_page,
    identities_page,
    ou_page,
    owner_page,
)
from reports.queries import IDENTITIES_PER_ACCOUNT


@cache
def sections() -> tuple[Section, ...]:
    """The sections of the report, in the order of the navigation."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    modules: list[Any] = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(sorted(modules, key=lambda module: module.PLACE))


def kinds() -> tuple[Kind, ...]:
    """Every kind of page."""
    return tuple(kind for section in sections() for kind in section.KINDS)


def pages(night: PublishedNight) -> Iterator[Page]:
    """Every page of the site, generated one at a time."""
    for section in sections():
        yield from section.pages(night)


def count(night: PublishedNight) -> int:
    """How many pages `pages` will yield."""
    return sum(section.count(night) for section in sections())


def template_globals(night: PublishedNight) -> dict[str, Any]:
    """Globals of every template: links to other pages, and the navigation."""
    repairs: dict[str, Callable[[Row], Any]] = {
        "repair_title": lambda repair: steps.title(repair, night.controls),
        "repair_steps": lambda repair: steps.steps(repair, night.controls, night.root_id),
        "repair_who": steps.who,
    }
    return {**LINKS, **repairs, "SECTIONS": navigation(), "control_links": control_links(night)}


MOST_RESOURCES = 20_000
RESOURCES = f"""
    select account_id, any_value(account_name) as account_name, resource, count(*) as open from open_findings
    where verdict = 'fail' and resource not in (select arn from identities)
    group by account_id, resource order by min(in_all) limit {MOST_RESOURCES}"""
NAMED = f"from identities where in_account <= {IDENTITIES_PER_ACCOUNT} order by in_all limit {MOST_RESOURCES}"


def search_index(night: PublishedNight) -> Iterator[tuple[str, str, str]]:
    """All that the search finds: what it is called, what it is, and its page."""
    for a in night.accounts.values():
        yield f"{visible(a['name']) or ''} {a['account_id']}".strip(), "account", account_page(a["account_id"])
    for ou in night.ous.values():
        yield f"{visible(ou['ou_path']) or ''} {ou['ou_id']}".strip(), "organizational unit", ou_page(ou["ou_id"])
    for owner in night.owners:
        if owner:
            yield str(visible(owner)), "owner", owner_page(owner)
    for c in night.controls.values():
        yield f"{c['number']} {visible(c['title'])} {c['control_id']}", "control", control_page(c["control_id"])
    for row in night.reader.stream(NAMED):
        kind = f"{row['principal_type']} in {visible(row['account_name']) or row['account_id']}"
        yield f"{visible(row['name'])} {visible(row['arn'])}", kind, f"{identities_page(row['account_id'])}#{row['id']}"
    for row in night.reader.stream(RESOURCES):
        kind = f"{row['open']:,} open in {visible(row['account_name']) or row['account_id']}"
        at = f"#findings?verdict=fail&resource={quote(str(visible(row['resource'])), safe='')}"
        yield str(visible(row["resource"])), kind, account_page(row["account_id"]) + at


def navigation() -> list[tuple[str, list[Entry]]]:
    """The sections of the navigation with their entries; adjacent modules with the same title share a section."""
    parts = groupby(sections(), key=lambda section: section.TITLE)
    return [(title, [entry for section in part for entry in section.ENTRIES]) for title, part in parts]


def control_links(night: PublishedNight) -> Callable[[str], dict[str, Markup]]:
    """Links to all controls by id, relative to the given path of the site's root."""
    link = Markup('<a href="{}{}"><span class="id">{}</span> {}</a>')

    @cache
    def links(root: str) -> dict[str, Markup]:
        return {
            i: link.format(root, control_page(i), visible(c["number"]), visible(c["title"]))
            for i, c in night.controls.items()
        }

    return links
