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

from markupsafe import Markup

from reports.filters import visible
from reports.night import PublishedNight
from reports.pages._page import LINKS, Entry, Kind, Page, Section, control_page


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
    return {**LINKS, "SECTIONS": navigation(), "control_links": control_links(night)}


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
