"""The pages say what the code does: generated ones are fresh, links lead somewhere, commands that are named exist."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from pipeline.warehouse import models
from tests.assets.cli.support import check_parses
from tools import docs

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
STATUS = re.compile(r"(Accepted|Replaced by \d{4}), \d{4}-\d\d-\d\d\.")
TYPED = [page for page in WRITTEN if page.parent == ROOT / "docs" and page.name != "commands.md"]
CALL = re.compile(r"^(?:.*(?:\s|bin/))?rolecall ((?:--config \S+ )?[a-z][a-z-]*(?: .*)?$)")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return docs.pages()


@pytest.mark.parametrize(
    "name",
    ["assets.md", "commands.md", "controls.md", "permissions.md", "settings.md", "tables.md", "troubleshooting.md"],
)
def test_generated_page_is_fresh(pages: dict[str, str], name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == pages[name], "stale: run `make docs`"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_make_targets_that_are_named_exist(page: str) -> None:
    named = set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / page).read_text(encoding="utf-8")))
    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named <= made


def code_lines(text: str) -> Iterator[str]:
    """The lines of fenced and indented blocks; commands and output alike."""
    is_fenced = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            is_fenced = not is_fenced
        elif is_fenced or line.startswith("    "):
            yield line


def calls(page: Path) -> list[list[str]]:
    """The arguments of every `rolecall ...` in a page's code, up to a pipe or the like."""
    found = [call[1] for line in code_lines(page.read_text(encoding="utf-8")) if (call := CALL.search(line))]
    lexers = [shlex.shlex(text, posix=True, punctuation_chars="|&>;") for text in found]
    for lexer in lexers:
        lexer.whitespace_split = True
    return [list(takewhile(lambda word: word[0] not in "|&>;", lexer)) for lexer in lexers]


@pytest.mark.parametrize("page", [*TYPED, ROOT / "README.md"], ids=lambda page: str(page.name))
def test_commands_that_are_shown_parse(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With files of the names that they give."""
    monkeypatch.chdir(tmp_path)
    for arguments in calls(page):
        for name in arguments:
            if re.fullmatch(r"[\w-]+\.(json|yaml)", name):
                Path(name).touch()
        check_parses(arguments)


def test_the_pages_show_commands() -> None:
    shown = [arguments for page in [*TYPED, ROOT / "README.md"] for arguments in calls(page)]
    assert len(shown) > 30
    assert ["--config", "/etc/rolecall/rolecall.toml", "doctor"] in shown


def test_the_comparison_counts_what_there_is() -> None:
    text = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    catalog = models.load()
    tables = [m for m in catalog.models.values() if models.PUBLISHED_LAYERS.get(m.layer) == "main"]
    assert f"{len(catalog.controls)} controls |" in text
    assert f"{len(tables)} tables |" in text


def test_policies_to_paste_are_no_longer_than_iam_takes(pages: dict[str, str]) -> None:
    """6,144 characters for a managed policy, white space not counted: the IAM User Guide's page on quotas."""
    documents = re.findall(r"```json\n(.+?)\n```", pages["permissions.md"], re.DOTALL)
    reader, trust, runner = map(json.loads, documents)
    assert trust["Statement"][0]["Condition"]["StringEquals"].keys() == {"sts:ExternalId"}
    for policy in (reader, runner):
        assert len(json.dumps(policy, separators=(",", ":"))) < 6144
        assert policy["Statement"][0]["Action"] == sorted(set(policy["Statement"][0]["Action"]))
    assert "s3:ListAllMyBuckets" in reader["Statement"][0]["Action"]
    assert "organizations:ListAccounts" in runner["Statement"][0]["Action"]


def test_decisions_are_numbered_and_say_their_status_and_day() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))[:-1]  # README.md is last
    assert [path.name[:5] for path in files] == [f"{number:04}-" for number in range(1, len(files) + 1)]
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    for path in files:
        title, _, status, *_ = path.read_text(encoding="utf-8").splitlines()
        assert STATUS.fullmatch(status), path
        assert f"| [{title.removeprefix('# ')}]({path.name}) | {status[0].lower()}{status[1:-1]} |" in index, path


def test_every_published_column_is_described() -> None:
    bare = [
        f"{table}.{column}"
        for table, (_, columns) in docs.published().items()
        for column, _, text in columns
        if not text
    ]
    assert not bare
