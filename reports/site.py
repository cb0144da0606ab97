"""Builds the whole site from a published database: `build(database, folder)`. Same database, same bytes."""

from __future__ import annotations

import json
import shutil
import traceback
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from pipeline.explain import removal
from pipeline.progress import Progress
from pipeline.text import on_one_line
from pipeline.warehouse.headers import PRACTICES
from pipeline.warehouse.invariants import Broken
from reports import agreement, filters, pages
from reports.database import opened
from reports.night import PublishedNight
from reports.pages._page import Page, Section

HERE = Path(str(files("reports")))
STAGE = "report"
MISSING = "_missing.html.j2"

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
    not_made: dict[str, str] = field(default_factory=dict)
    """For each page, or part, that could not be made: a sentence, and the traceback."""

    def note(self, what: str, error: Exception) -> str:
        """Note what could not be made. Returns the sentence."""
        sentence = f"{what} could not be made: {type(error).__name__}: {on_one_line(error, 200)}"
        self.not_made[sentence] = "".join(traceback.format_exception(error))
        return sentence


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

    def __init__(self, night: PublishedNight, notice: str | None, preview: str | None) -> None:
        super().__init__()
        self.globals |= pages.template_globals(night)
        self.globals |= {"night": night, "notice": notice, "night_titles": dict(PRACTICES), "csp": POLICY}
        self.globals["preview"] = preview


def build(
    database: Path,
    folder: Path,
    notice: str | None = None,
    progress: Progress | None = None,
    preview: str | None = None,
) -> Site:
    """Write the site of the newest night in `database` into `folder`, which must be empty or not exist.

    `notice`, shown at the top of every page, says why a newer night is missing. `progress` receives the number of
    pages written and in total. `preview` is the address of the picture that a link to a page unfolds to (og:image).
    Raises `Broken` if the pages contradict the database.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder}: the folder of a new site must be empty")
    with opened(database) as reader:
        night = PublishedNight(reader)
        night.tried = removal.first_tried(database, night.repairs)
        templates = Templates(night, notice, preview)
        site, on_pages = Site(folder, night.as_of), agreement.Shown()
        for page in made(site, night, templates):
            on_pages.note(page)
            site.pages.append(page.path)
            site.kinds[page.template.removesuffix(".html.j2")].append(page.path)
            if progress:
                progress.step(STAGE, len(site.pages), pages.count(night))
        if not site.not_made and (faults := list(agreement.faults(reader, folder, on_pages))):
            raise Broken(night.as_of, faults)
        searchable = list(pages.search_index(night))
    _assets(folder / "assets", searchable)
    return site


def made(site: Site, night: PublishedNight, templates: Templates) -> Iterator[Page]:
    """Write the pages, and yield those that could be made. In place of another is one that says why it is missing.

    Raises what is no matter of one page: an error of the database or of the disk.
    """
    for section in pages.sections():
        written, generated = set(), section.pages(night)
        while True:
            page = None
            try:
                if (page := next(generated, None)) is None:
                    break
                site.page_bytes += write(site.folder, page, templates)
            except (duckdb.Error, OSError, MemoryError):
                raise
            except Exception as error:  # of one page, whatever it is
                for lost in [page] if page else [p for p in entries(section) if p.path not in written]:
                    for name in lost.files:
                        (site.folder / lost.path).with_name(name).unlink(missing_ok=True)
                    why = site.note(f"the page {lost.path}", error)
                    write(site.folder, replace(lost, template=MISSING, context={"why": why}, files={}), templates)
                    written.add(lost.path)
                if page is None:
                    break
            else:
                written.add(page.path)
                yield page


def entries(section: Section) -> list[Page]:
    """The pages of a section that the navigation leads to, without what is on them."""
    return [Page(path, MISSING, title, key, (), {}) for key, path, title in section.ENTRIES]


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
