"""The documentation as a site: it builds without a warning, leads everywhere, and loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from reports import chromium
from tests.conftest import ROOT
from tests.reports.browser import ARGUMENTS, new_tab

LOADED = re.compile(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=\"(?:https?:)?//[^\"]*\"")


def built(source: Path, target: Path) -> str:
    """Build the site, as `make site` does. Returns what was complained about."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", str(target / ".doctrees")]
    done = subprocess.run([*command, str(source), str(target)], capture_output=True, text=True)
    assert bool(done.returncode) == bool(done.stderr)
    return done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that is not in the navigation is a warning, and so is a link or anchor that leads nowhere."""
    folder = tmp_path_factory.mktemp("site")
    assert built(ROOT, folder) == ""
    return folder


@pytest.mark.slow
def test_every_page_is_there_and_the_first_one_leads_to_it(site: Path) -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "docs" / "decisions" / "README.md"]
    links = set(re.findall(r"class=\"reference internal\" href=\"([^\"#]+)\"", (site / "index.html").read_text()))
    expected = {str(page.relative_to(ROOT).with_suffix(".html")) for page in pages} - {"README.html"}
    assert expected <= links
    assert all((site / link).is_file() for link in links)


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 40
    assert {
        page.name: LOADED.findall(page.read_text(encoding="utf-8")) for page in pages if LOADED.search(page.read_text())
    } == {}
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"(?:@import|url\()[^;)]*//(?!www\.w3\.org/)", styles) == []
    path = chromium.find()
    assert path, "install Chromium (Debian: the package chromium) or set CHROMIUM"
    with sync_playwright() as play, play.chromium.launch(executable_path=path, args=ARGUMENTS) as browser:
        tab = new_tab(browser, offline=True)
        for name in ("index.html", "docs/tables.html", "docs/register.html", "search.html"):
            tab.visit(site / name)
            assert (tab.left_the_machine, tab.complaints) == ([], [])
        page = tab.visit(site / "docs" / "controls.html", width=390)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
def test_a_page_that_leads_nowhere_would_be_noticed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    config = re.sub(
        r"NAVIGATION = .*?^}", 'NAVIGATION = {"All": ["other"]}', (ROOT / "conf.py").read_text(), flags=re.S | re.M
    )
    (source / "conf.py").write_text(config)
    (source / "README.md").write_text(
        "# Begin\n\n[there](other.md#there), [nowhere](other.md#nowhere), [gone](gone.md)\n"
    )
    (source / "other.md").write_text("# Other\n\n## There\n")
    (source / "alone.md").write_text("# Alone\n")
    complaints = built(source, tmp_path / "site")
    assert "nowhere" in complaints
    assert "gone.md" in complaints
    assert "alone.md: WARNING: document isn't included in any toctree" in complaints
    assert "#there" not in complaints
