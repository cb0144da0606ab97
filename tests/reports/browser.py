"""A real Chromium for the pages: tabs that write down what a page asks for, and scripts that look at its layout."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, Page

from reports import site

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDE, MID, NARROW = 1360, 768, 390
A4, PAPER = 794, 720
Scheme = Literal["light", "dark"]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
BARRIERS = """
async () => (await axe.run(document, {resultTypes: ["violations"], preload: false})).violations
  .filter((found) => ["serious", "critical"].includes(found.impact))
  .map((found) => `${found.id}: ${found.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ")}`)
"""
DRAWN = """
() => [...document.querySelectorAll(".plot")].every((plot) => {
  const drawn = plot.querySelector(".main-svg");
  const bands = [...plot.querySelectorAll(".sankey-link")];
  return drawn && drawn.clientWidth <= plot.clientWidth && bands.every((band) => band.style.opacity === "1");
})
"""
"""Every chart is drawn and has found its width, which it does a moment after the window's, and its bands are there."""
OPEN = "() => document.querySelectorAll('details').forEach((box) => (box.open = true))"

CUT = """
() => {
  const cuts = (style, axis) => ["hidden", "clip"].includes(style[`overflow${axis}`]);
  const scrolls = (style, axis) => ["auto", "scroll"].includes(style[`overflow${axis}`]);
  const found = [], paper = matchMedia("print").matches, known = new Map();
  const about = (node) => {
    if (!known.has(node)) {
      const style = getComputedStyle(node), room = node.getBoundingClientRect();
      const [cutsX, cutsY] = ["X", "Y"].map((axis) => cuts(style, axis));
      const [scrollsX, scrollsY] = ["X", "Y"].map((axis) => scrolls(style, axis));
      const inline = style.display === "inline", dots = style.textOverflow === "ellipsis";
      known.set(node, {inline, dots, cutsX, cutsY, scrollsX, scrollsY, room});
    }
    return known.get(node);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const of = text.parentElement;
    if (!text.data.trim() || of.closest(".sr, .skip, select")) continue;
    if (!of.checkVisibility({visibilityProperty: true})) continue;
    range.selectNodeContents(text);
    const say = (why) => found.push(`${why}: <${of.tagName.toLowerCase()}> ${text.data.trim().slice(0, 80)}`);
    for (const box of range.getClientRects()) {
      if (box.width === 0 || box.height === 0) continue;
      let {left, right, top, bottom} = box, why = "";
      for (let node = of; node && node !== document.documentElement && !why; node = node.parentElement) {
        const {inline, dots, cutsX, cutsY, scrollsX, scrollsY, room} = about(node);
        if (inline) continue;
        if (cutsX && (right > room.right + 2 || left < room.left - 2)) why = "cut at the side";
        if (cutsY && (bottom > room.bottom + 2 || top < room.top - 2)) why = "cut above or below";
        if (dots) {
          why = node.scrollWidth > node.clientWidth + 1 && !paper ? "ends in dots" : "";
          right = Math.min(right, room.right);
        }
        if (scrollsX) {
          if (left + node.scrollLeft < room.left - 2) why = "left of what can be scrolled";
          left = Math.max(left, room.left);
          right = Math.min(right, room.right);
        }
        if (scrollsY) {
          top = Math.max(top, room.top);
          bottom = Math.min(bottom, room.bottom);
        }
      }
      if (!why && (right > innerWidth + 1 || left < -1)) why = "beyond the edge of the screen";
      if (why) { say(why); break; }
    }
  }
  const wide = document.documentElement.scrollWidth;
  return wide > innerWidth ? [`${wide} wide on a screen of ${innerWidth}`, ...found] : found;
}
"""
"""Texts that a reader cannot get to see, however he scrolls, and whether the page is wider than the screen.

Paper may end a name in dots where a sheet must hold all.
"""

ON_PAPER = """
() => {
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((node) => node.checkVisibility());
  const open = (box) => ["visible", "clip"].includes(getComputedStyle(box).overflowX);
  const whole = (box) => open(box) || box.scrollWidth <= box.clientWidth;
  return [
    ...shown(".top nav, .tools, .foot button, .skip, .steps, .query button")
      .map((node) => `shown: ${node.outerHTML.slice(0, 90)}`),
    ...shown(".scroll").filter((box) => !whole(box) || box.scrollHeight > box.clientHeight + 1)
      .map((box) => `cut: ${box.getAttribute("aria-label")}`),
  ];
}
"""
"""What a print shows and should not, and tables that it does not show whole."""

ODDITIES = """
() => [
  ...(window.ran ? ["a name ran"] : []),
  ...[...document.querySelectorAll("img, iframe, object, embed, form, script:not([src], [type='application/json'])")]
    .map((node) => node.outerHTML.slice(0, 90)),
]
"""
"""Signs that a name was more than text."""


@dataclass
class Tab:
    """A page of a browser, with what it complained about and asked for since it was last sent somewhere."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def visit(self, path: Path, link: str = "", width: int = WIDE) -> Page:
        """Open a page, anew even where only the part after # differs."""
        self.page.goto("about:blank")
        self.complaints.clear()
        self.requests.clear()
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.goto(path.as_uri() + link)
        return self.page

    def widen(self, width: int) -> None:
        """Make the window as wide as this, and wait for the charts."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.wait_for_function(DRAWN)

    @property
    def left_the_machine(self) -> list[str]:
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]


def tab(context: BrowserContext) -> Tab:
    context.set_default_timeout(10_000)
    made = Tab(context.new_page())
    made.page.on("console", lambda m: made.complaints.append(m.text))
    made.page.on("pageerror", lambda e: made.complaints.append(str(e)))
    made.page.on("dialog", lambda d: (made.complaints.append(f"dialog: {d.message}"), d.dismiss()))
    made.page.on("request", lambda r: made.requests.append(r.url) if r.url != "about:blank" else None)
    return made


def new_tab(browser: Browser, scheme: Scheme = "light", **more: Any) -> Tab:
    return tab(browser.new_context(color_scheme=scheme, **more))


def samples(built: site.Site) -> list[str]:
    """Every page that is the only one of its kind; of the others that with most, of accounts that with least too."""
    folders: dict[str, list[str]] = defaultdict(list)
    for path in built.pages:
        folders[str(Path(path).parent)].append(path)
    size = {path: (built.folder / path).stat().st_size for path in built.pages}
    alone = [path for path in folders.pop(".") if not re.search(r"-\d+\.html$", path)]
    least = min(folders["accounts"], key=size.__getitem__)
    return [*alone, *(max(paths, key=size.__getitem__) for paths in folders.values()), least]
