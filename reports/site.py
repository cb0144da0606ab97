"""The whole site from one published database: `build(database, folder)`. Same database, same bytes."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.catalog import PRACTICES
from reports import pages, queries, words

HERE = Path(str(files("reports")))
Progress = Callable[[int, int], None]

# Plotly sets styles on what it draws, and saves a chart as PNG by way of a blob that it reads back as an image.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'none'; form-action 'none'; base-uri 'none'"
)


@dataclass(frozen=True)
class Site:
    """What was written: the night, the paths of the pages in order, how many of each template, and their bytes."""

    folder: Path
    as_of: date
    pages: tuple[str, ...]
    kinds: dict[str, int]
    page_bytes: int


class Templates(Environment):
    """Jinja with autoescape, strict about names. `row.rows` is the column, even where dict has a method of its name."""

    def __init__(self) -> None:
        super().__init__(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=words.visible,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self.filters |= words.FILTERS
        self.globals |= words.GLOBALS | {"account_page": pages.account_page, "ou_page": pages.ou_page, "csp": POLICY}
        self.globals["proposal_page"] = pages.proposal_page

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def build(database: Path, folder: Path, notice: str | None = None, progress: Progress | None = None) -> Site:
    """Write the site of the newest night in `database` into `folder`, which must be empty or not exist yet.

    `notice` is shown on top of every page: why a newer night is not here. `progress` is called with the number of
    pages written and of all pages.
    """
    night = queries.load(database)
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder}: the folder of a new site must be empty")
    templates = Templates()
    templates.globals |= {"night": night, "notice": notice, "night_titles": dict(PRACTICES)}
    written: list[str] = []
    kinds: Counter[str] = Counter()
    size = 0
    for page in pages.pages(night):
        size += _write(folder / page.path, _render(templates, page))
        written.append(page.path)
        kinds[page.template.removesuffix(".html.j2")] += 1
        if progress:
            progress(len(written), pages.count(night))
    _assets(folder / "assets")
    return Site(folder, night.as_of, tuple(written), dict(kinds), size)


def _render(templates: Templates, page: pages.Page) -> str:
    return templates.get_template(page.template).render(page=page, root=page.root, **page.context)


def _write(path: Path, text: str) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    path.write_bytes(data)
    return len(data)


def _assets(folder: Path) -> None:
    """The style, the script, and Plotly's own script out of its package, shared by all pages."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("site.css", "site.js"):
        shutil.copyfile(HERE / "assets" / name, folder / name)
    plotly = find_spec("plotly")
    if plotly is None or plotly.origin is None:
        raise FileNotFoundError("the package plotly is not installed")
    shutil.copyfile(Path(plotly.origin).parent / "package_data" / "plotly.min.js", folder / "plotly.min.js")
