"""Pages: path, template and context; and how pages are named and linked."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipeline.schema import Row
from reports.night import PublishedNight
from reports.queries import FINDINGS_PER_PAGE

PROPOSALS = 25

_SAFE = re.compile(r"(?!x[0-9a-f]{20}$|(con|prn|aux|nul|com\d|lpt\d)$)[a-z0-9-]{1,64}")
"""No capitals (some file systems ignore case), no name reserved by Windows, none that looks like a hash."""

Crumb = tuple[str, str]


@dataclass(frozen=True)
class Page:
    """One page: its path in the site, template, title, breadcrumbs, and the context of the template.

    Table rows that are not shown initially go on the `shelf`, which becomes a script next to the page. `files` are
    further files next to it, by name, as streamed text.
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
        """The name of the script with the further rows of a table."""
        return f"{self.path.rsplit('/', 1)[-1].removesuffix('.html')}.{table}.js"

    def put(self, table: str, row: str) -> str:
        self.shelf[table].append(str(row).strip())
        return ""


@dataclass(frozen=True)
class Kind:
    """A kind of page: its template (`<name>.html.j2`), its Dagster asset, and a description."""

    name: str
    asset: str
    description: str


Entry = tuple[str, str, str]
"""A navigation entry: its key (`Page.section`), the path of its page, and its label."""


class Section(Protocol):
    """A module of this package: a section of the navigation with its kinds of page.

    `PLACE` orders the sections. The first entry represents its section. `count` is the number of `pages`.
    """

    PLACE: int
    TITLE: str
    ENTRIES: tuple[Entry, ...]
    KINDS: tuple[Kind, ...]

    def pages(self, night: PublishedNight) -> Iterator[Page]: ...

    def count(self, night: PublishedNight) -> int: ...


def file_name(identifier: str) -> str:
    """An id as a file name. Ids from AWS are used as they are; anything else becomes a hash."""
    if _SAFE.fullmatch(identifier):
        return identifier
    return "x" + hashlib.sha256(identifier.encode()).hexdigest()[:20]


def account_page(account_id: str) -> str:
    return f"accounts/{file_name(account_id)}.html"


def identities_page(account_id: str) -> str:
    return f"identities/{file_name(account_id)}.html"


def ou_page(ou_id: str) -> str:
    return f"ous/{file_name(ou_id)}.html"


def owner_page(owner: str) -> str:
    return f"owners/{file_name(owner)}.html"


def control_page(control_id: str) -> str:
    return f"controls/{control_id}.html"


def finding_page(finding: Row) -> str:
    """The link to a finding in full, or to its account's page if the finding is not listed there."""
    place = finding["in_account"]
    listed = place is not None and place <= FINDINGS_PER_PAGE
    return account_page(finding["account_id"]) + (f"#f-{finding['id']}" if listed else "")


def proposal_page(place: int) -> str:
    """The page with the proposal of this rank."""
    number = (place - 1) // PROPOSALS + 1
    return f"least-privilege-{number}.html" if number > 1 else "least-privilege.html"


def repair_page(repair: Row) -> str:
    """The link to the findings that a change closes."""
    is_of_account = repair["account_id"] and repair["made_by"] == "account owner"
    page = account_page(repair["account_id"]) if is_of_account else "findings.html"
    return f"{page}#findings?verdict=fail&repair={hashlib.md5(repair['repair'].encode()).hexdigest()[:10]}"


def explain(finding: Row) -> str:
    """The command that explains a finding."""
    command = ["rolecall", "explain", finding["control_id"], finding["resource"], "--account", finding["account_id"]]
    return shlex.join([*command, *(["--region", finding["region"]] if finding["region"] != "global" else [])])


def plain_page(path: str, title: str, section: str) -> Page:
    """A page whose template needs only the night."""
    return Page(path, f"{path}.j2", title, section, (), {})


def way_to_ou(night: PublishedNight, ou_id: str | None) -> tuple[Crumb, ...]:
    """Breadcrumbs from the list of OUs to an OU."""
    crumbs: list[Crumb] = []
    seen = set()
    while ou_id in night.ous and ou_id not in seen:
        seen.add(ou_id)
        ou = night.ous[ou_id]
        crumbs.append((ou["name"] or ou_id, ou_page(ou_id)))
        ou_id = ou["parent_id"]
    return (("Organizational units", "ous.html"), *reversed(crumbs))


LINKS: dict[str, Callable[..., str]] = {
    f.__name__: f
    for f in (
        account_page,
        control_page,
        explain,
        finding_page,
        identities_page,
        ou_page,
        owner_page,
        proposal_page,
        repair_page,
    )
}
"""Link functions by their names in templates."""
