"""Builds the whole site from a published database: `build(database, folder)`. Same database, same bytes."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from pipeline.explain import removal
from pipeline.progress import Progress
from pipeline.warehouse.headers import PRACTICES
from pipeline.warehouse.invariants import Broken
from reports import agreement, filters, pages
from reports.database import opened
from reports.night import PublishedNight
from reports.pages._page import Page

HERE = Path(str(files("reports")))
STAGE = "report"

# Plotly sets styles on what it draws, and saves a chart as PNG by way of a blob that it reads back as an image.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'none'; form-action 'none'; base-uri 'none'"
)


@dataclass
class Site:
    """A written site: the night, the paths of the pages in order and by template, and their total bytes."""

    folder: Path
    as_of: date
    pages: list[str] = field(default_factory=list)
    kinds: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    page_bytes: int = 0


class Compiled(BytecodeCache):
    """The templates that this process has compiled, by their content."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


COMPILED = Compiled()


class Strict(Environment):
    """Jinja with autoescape and strict names. `row.x` is the column x, even if dict has a method of that name."""

    def __init__(self) -> None:
        super().__init__(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=filters.visible,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            bytecode_cache=COMPILED,
        )
        self.filters |= filters.FILTERS
        self.globals |= filters.GLOBALS

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


class Templates(Strict):
    """The templates of a night's pages."""

    def __init__(self, night: PublishedNight, notice: str | None) -> None:
        super().__init__()
        self.globals |= pages.template_globals(night)
        self.globals |= {"night": night, "notice": notice, "night_titles": dict(PRACTICES), "csp": POLICY}


def build(database: Path, folder: Path, notice: str | None = None, progress: Progress | None = None) -> Site:
    """Write the site of the newest night in `database` into `folder`, which must be empty or not exist.

    `notice`, shown at the top of every page, says why a newer night is missing. `progress` receives the number of
    pages written and in total. Raises `Broken` if the pages contradict the database.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder}: the folder of a new site must be empty")
    with opened(database) as reader:
        night = PublishedNight(reader)
        night.tried = removal.first_tried(database, night.repairs)
        templates = Templates(night, notice)
        site, on_pages = Site(folder, night.as_of), agreement.Shown()
        for page in pages.pages(night):
            on_pages.note(page)
            site.page_bytes += write(folder, page, templates)
            site.pages.append(page.path)
            site.kinds[page.template.removesuffix(".html.j2")].append(page.path)
            if progress:
                progress.step(STAGE, len(site.pages), pages.count(night))
        if faults := list(agreement.faults(reader, folder, on_pages)):
            raise Broken(night.as_of, faults)
        searchable = list(pages.search_index(night))
    _assets(folder / "assets", searchable)
    return site


def write(folder: Path, page: Page, templates: Templates) -> int:
    """Write a page, its files and its further table rows. Returns the size of the page in bytes."""
    path = folder / page.path
    path.parent.mkdir(parents=True, exist_ok=True)
    data = templates.get_template(page.template).render(page=page, root=page.root, **page.context).encode()
    path.write_bytes(data)
    for table, rows in page.shelf.items():
        text = f"rolecall({json.dumps(table)}, {json.dumps(rows, separators=(',', ':'))});\n"
        (path.parent / page.shelved(table)).write_text(text, encoding="utf-8")
    for name, lines in page.files.items():
        with (path.parent / name).open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    return len(data)


def _assets(folder: Path, searchable: list[tuple[str, str, str]]) -> None:
    """Write what all pages share: stylesheet, script, search index, and Plotly's script (from its package)."""
    folder.mkdir(parents=True)
    text = f"rolecallIndex({json.dumps(searchable, separators=(',', ':'))});\n"
    (folder / "search.js").write_text(text, encoding="utf-8")
    for file in (HERE / "assets").iterdir():
        shutil.copyfile(file, folder / file.name)  # not its mode: a report is for its user alone
    plotly = find_spec("plotly")
    if plotly is None or plotly.origin is None:
        raise FileNotFoundError("the package plotly is not installed")
    shutil.copyfile(Path(plotly.origin).parent / "package_data" / "plotly.min.js", folder / "plotly.min.js")
