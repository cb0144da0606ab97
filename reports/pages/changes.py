"""The page of changes since earlier nights."""

from __future__ import annotations

from collections.abc import Iterator

from reports.night import PublishedNight
from reports.pages._page import Kind, Page, plain_page

PLACE = 50
TITLE = "Changes"
ENTRIES = (("changes", "changes.html", "Changes"),)
KINDS = (Kind("changes", "report_changes", "What is new, fixed or gone since the night before."),)


def pages(night: PublishedNight) -> Iterator[Page]:
    yield plain_page("changes.html", "Changes", "changes")


def count(night: PublishedNight) -> int:
    return 1
