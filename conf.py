"""The documentation as a site: `make site` builds README.md and docs/ into site/.

The pages are Markdown that GitHub renders too. Only what a site has in addition is here: its navigation.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

NAVIGATION = {
    "Begin": ["Quick start <self>", "Concepts <docs/concepts>", "Take into service <docs/service>"],
    "Findings": ["Controls <docs/controls>", "Tables <docs/tables>", "Analysts <docs/analysts>"],
    "Decide": [
        "Register <docs/register>",
        "Questions <docs/questions>",
        "Checks before merge <docs/checks-before-merge>",
        "Rehearsals <docs/rehearsal>",
    ],
    "Run": [
        "Permissions <docs/permissions>",
        "Security <docs/security>",
        "Reliability <docs/reliability>",
        "Performance <docs/performance>",
        "Troubleshooting <docs/troubleshooting>",
    ],
    "Look up": [
        "Comparison <docs/comparison>",
        "Commands <docs/commands>",
        "Settings <docs/settings>",
        "Assets <docs/assets>",
    ],
    "Project": [
        "Decisions <docs/decisions/README>",
        "Architecture <docs/architecture>",
        "Contributing <CONTRIBUTING>",
        "Changelog <CHANGELOG>",
        "Report a hole <SECURITY>",
    ],
}

project = html_title = "Rolecall"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/**"]
exclude_patterns = [".*", "build", "site", "var"]
myst_heading_anchors = 4
smartquotes = False
suppress_warnings = ["misc.highlighting_failure"]  # the head of a control is TOML in a comment of SQL
html_theme = "furo"
html_theme_options = {"top_of_page_buttons": []}
html_copy_source = html_use_index = False
html_show_copyright = False


def add_navigation(_: Any, page: str, source: list[str]) -> None:
    """Append what a page leads to. Only the site needs it, so it is in no page."""
    if page == root_doc:
        source[0] += "".join(tree(entries, f":caption: {caption}") for caption, entries in NAVIGATION.items())
    elif page == "docs/decisions/README":
        source[0] += tree(["*"], ":glob:")


def tree(entries: list[str], option: str) -> str:
    return "\n".join(["", "```{toctree}", ":hidden:", option, "", *entries, "```", ""])


def copy_index(site: Any, error: Exception | None) -> None:
    """The first page under the name by which web servers and people ask for it."""
    if not error:
        shutil.copy(Path(site.outdir, f"{root_doc}.html"), Path(site.outdir, "index.html"))


def setup(site: Any) -> None:
    site.connect("source-read", add_navigation)
    site.connect("build-finished", copy_index)
