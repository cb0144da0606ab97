"""The pages of the report, a module for each part of the navigation.

A module here declares its `PLACE`, `TITLE` and `ENTRIES` in the navigation and its `KINDS` of page, and yields its
`pages`; see `Section` in `reports.pages._page`. Found by looking: a new page is one module and its template.
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
    """The parts of the report, in the order of the navigation."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    modules: list[Any] = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(sorted(modules, key=lambda module: module.PLACE))


def kinds() -> tuple[Kind, ...]:
    """Every kind of page."""
    return tuple(kind for section in sections() for kind in section.KINDS)


def pages(night: PublishedNight) -> Iterator[Page]:
    """Every page of the site, one after the other."""
    for section in sections():
        yield from section.pages(night)


def count(night: PublishedNight) -> int:
    """How many pages `pages` will yield."""
    return sum(section.count(night) for section in sections())


def template_globals(night: PublishedNight) -> dict[str, Any]:
    """What every template knows of the other pages: links, and the navigation."""
    return {**LINKS, "SECTIONS": navigation(), "control_links": control_links(night)}


def navigation() -> list[tuple[str, list[Entry]]]:
    """The parts of the navigation with their entries; modules of one title follow each other and share a part."""
    parts = groupby(sections(), key=lambda section: section.TITLE)
    return [(title, [entry for section in part for entry in section.ENTRIES]) for title, part in parts]


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
