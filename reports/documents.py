"""The summary as PDF and the charts as PNG, rendered from a site's pages by headless Chromium."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from choreographer import Tab

from reports import chromium
from reports.filters import plural

PDF, CHARTS, OVERVIEW = "summary.pdf", "charts", "overview"
WIDTH, HEIGHT, SCALE = 1360, 900, 2
MARGIN = 14
MARGINS = ("marginTop", "marginRight", "marginBottom", "marginLeft")
PLACE = "<!-- summary.pdf -->"
"""Placeholder on the summary page for the link to the PDF."""

LINK = f'<p class="pdf"><a href="{PDF}">This page as PDF</a></p>'
NONE = "no Chromium was found; install Debian's package chromium, or set CHROMIUM"

# Every chart is drawn; the buttons that Plotly shows over them have no place in a picture.
# Plotly draws anew a tenth of a second after a window has changed its size, and bands fade in.
READY = """
document.fonts.ready.then(() => new Promise((resolve) => {
  for (const plot of document.querySelectorAll(".plot")) {
    if (!plot.dataset.drawn) throw new Error(`the chart ${plot.id} was not drawn`);
    plot.querySelector(".modebar-container")?.remove();
  }
  const bands = () => [...document.querySelectorAll(".sankey-link")];
  const look = () => bands().every((band) => band.style.opacity === "1") ? resolve() : setTimeout(look, 20);
  setTimeout(look, 200);
}))
"""
TALL = "document.documentElement.scrollHeight"
# Each chart with its caption and the sentence under it, without the numbers behind it.
BOXES = f"""
[...document.querySelectorAll("figure.chart")].map((figure) => {{
  figure.querySelector(".numbers").hidden = true;
  const box = figure.getBoundingClientRect();
  return {{
    id: figure.querySelector(".plot, .drawing").id, x: box.x - {MARGIN}, y: box.y + scrollY - {MARGIN},
    width: box.width + 2 * {MARGIN}, height: box.height + 2 * {MARGIN},
  }};
}})
"""
UNLINKED = "document.querySelectorAll('a').forEach((link) => link.removeAttribute('href'))"


@dataclass(frozen=True)
class Documents:
    """The names of the rendered charts, or why there are none."""

    charts: tuple[str, ...] = ()
    trouble: str | None = None

    def __str__(self) -> str:
        return f"none: {self.trouble}" if self.trouble else f"{PDF}, {plural(len(self.charts), 'chart')}"


def make(folder: Path, seconds: float = chromium.SECONDS) -> Documents:
    """Write `summary.pdf` and `charts/<name>.png` (at double resolution) next to a site's pages.

    Never raises: if Chromium is missing, fails or exceeds `seconds`, the result says so.
    """
    path = chromium.find()
    if path is None:
        return Documents(trouble=NONE)
    try:
        files = chromium.run(path, lambda tab: draw(tab, folder), seconds)
    except chromium.Failed as failed:
        return Documents(trouble=str(failed))
    (folder / CHARTS).mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    page = folder / "summary.html"
    page.write_text(page.read_text(encoding="utf-8").replace(PLACE, LINK), encoding="utf-8")
    return Documents(tuple(Path(name).stem for name in files if name != PDF))


async def draw(tab: Tab, folder: Path) -> dict[str, bytes]:
    """Every document by its path in the site. The pages are light, whatever the machine prefers."""
    light = [{"name": "prefers-color-scheme", "value": "light"}]
    await chromium.ask(tab, "Emulation.setEmulatedMedia", features=light)
    size = {"width": WIDTH, "deviceScaleFactor": SCALE, "mobile": False}
    files = {}
    for page in ("index", "pictures", "summary"):
        await chromium.ask(tab, "Emulation.setDeviceMetricsOverride", height=HEIGHT, **size)
        await chromium.visit(tab, folder / f"{page}.html")
        # A window as tall as the page: it would grow for each picture, and charts would be drawn anew.
        height = max(HEIGHT, await chromium.evaluate(tab, TALL))
        await chromium.ask(tab, "Emulation.setDeviceMetricsOverride", height=height, **size)
        await chromium.evaluate(tab, READY)
        if page == "index":
            files[picture_of(OVERVIEW)] = await picture(tab, {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT})
        for box in await chromium.evaluate(tab, BOXES):
            files[picture_of(box.pop("id"))] = await picture(tab, box)
    return files | {PDF: await pdf(tab)}


def picture_of(name: str) -> str:
    return f"{CHARTS}/{name}.png"


async def picture(tab: Tab, box: dict[str, Any]) -> bytes:
    """A part of the page as PNG; `box` has x, y, width and height in its pixels."""
    clip = box | {"scale": 1}
    return b64decode((await chromium.ask(tab, "Page.captureScreenshot", clip=clip))["data"])


async def pdf(tab: Tab, width: float = 8.27, height: float = 11.69) -> bytes:
    """The page on paper of this size in inches, A4 unless told; tagged, so that screen readers can follow it.

    Links are left out: they would lead to files of the machine that it is made on.
    """
    await chromium.evaluate(tab, UNLINKED)
    paper = {"paperWidth": width, "paperHeight": height, **dict.fromkeys(MARGINS, 0)}
    printed = await chromium.ask(tab, "Page.printToPDF", printBackground=True, generateTaggedPDF=True, **paper)
    return b64decode(printed["data"])
