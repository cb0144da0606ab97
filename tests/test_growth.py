"""A new control, dataset, fact and page are a file each: added to a copy of the tree, they arrive everywhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

COPIED = ("pipeline", "reports", "assets", "sql", "tools", "tests", "pyproject.toml", "workspace.yaml")

FILES = {
    "pipeline/collectors/vaults.py": '''"""The vaults of an account."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import Column, Dataset, account_column

VAULTS = Dataset(
    "vaults",
    "The vaults of an account.",
    "account",
    ("iam:ListAccountAliases",),
    (account_column(), Column("vault", "varchar", "Name of the vault", required=True, source="@")),
    key=("account_id", "vault"),
)

DATASETS = (VAULTS,)

collect = listing(VAULTS, "AccountAliases")
''',
    "pipeline/facts/vault_names.py": '''"""How long the names of vaults are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.facts import PolicyLayer, Queried
from pipeline.schema import Column, Dataset, Row, account_column

TABLE = Dataset(
    "fact_vault_names",
    "How long the names of vaults are.",
    "account",
    (),
    (account_column(), Column("vault", "varchar", "Name"), Column("length", "bigint", "Characters of the name")),
    key=("account_id", "vault"),
)
QUERIES: Mapping[str, str] = {"vaults": "select account_id, vault from raw_vaults"}
JUDGES: tuple[PolicyLayer, ...] = ()


def rows(found: Queried) -> Iterator[Row]:
    for row in found["vaults"]:
        yield {**row, "length": len(row["vault"])}
''',
    "sql/controls/09_remove_what_is_unused/vault_has_short_name.sql": """/*
id = "BP09-90"
title = "Vaults should have short names"
severity = "low"
why = "Long names are mistyped."
fix = "Rename the vault."
frameworks = { our_standard = "V.1" }
params = { most = 5 }
evidence = { length = "Characters of the name" }
*/
select
    account_id,
    vault as resource,
    case
        when length > getvariable('most') then fail(format('{} has {} characters.', vault, length))
        else pass(format('{} is short.', vault))
    end as judged,
    to_json({length: length}) as evidence
from fact_vault_names
""",
    "reports/pages/vaults.py": '''"""The page of vaults."""

from __future__ import annotations

from collections.abc import Iterator

from reports.night import PublishedNight
from reports.pages._page import Kind, Page

PLACE = 70
TITLE = "Vaults"
ENTRIES = (("vaults", "vaults.html", "Vaults"),)
KINDS = (Kind("vaults", "report_vaults", "The vaults that fail."),)
QUERY = "select resource, reason from findings where control_id = 'vault_has_short_name' and verdict = 'fail'"


def pages(night: PublishedNight) -> Iterator[Page]:
    yield Page("vaults.html", "vaults.html.j2", "Vaults", "vaults", (), {"rows": night.reader.rows(QUERY)})


def count(night: PublishedNight) -> int:
    return 1
''',
    "reports/templates/vaults.html.j2": """{% extends "base.html.j2" %}
{% block content %}{% for row in rows %}<p>{{ row.reason }}</p>{% endfor %}{% endblock %}
""",
}

LOOK = """
import json, sys
from pathlib import Path
from typer.testing import CliRunner
import dagster as dg
import duckdb
from assets.cli.main import app
from assets.definitions import build
from pipeline.settings import Settings
from reports import site
from tests.pipeline.explain import explained
from tools import docs

folder = Path(sys.argv[1])
for row in explained.ROWS["ledger"]:
    row.update({"calls": 1, "attempts": 1, "rows": 0, "seconds": 0.1} | row)
explained.ROWS["vaults"] = [{"vault": "a-long-name"}, {"vault": "short"}]
database = explained.write(folder)
built = site.build(database, folder / "site")
with duckdb.connect(database, read_only=True) as con:
    columns = "resource, verdict, reason, evidence"
    query = f"select {columns} from findings where control_id = ? and account_id = ? order by 1"
    findings = con.execute(query, ["vault_has_short_name", explained.MEMBER]).fetchall()
    frameworks = con.execute("select frameworks from controls where control_id = 'vault_has_short_name'").fetchall()
graph = build(Settings.model_construct(home=folder)).resolve_asset_graph()
pages = docs.pages()
print(json.dumps({
    "findings": findings,
    "frameworks": frameworks,
    "assets": [key.to_user_string() for key in graph.get_all_asset_keys()],
    "checks": [key.asset_key.to_user_string() for key in graph.asset_check_keys],
    "above": [key.to_user_string() for key in graph.get(dg.AssetKey("vault_has_short_name")).parent_keys],
    "docs": {name: "ault" in text for name, text in pages.items()},
    "cli": CliRunner().invoke(app, ["controls", "vault_has_short_name"]).output,
    "page": (folder / "site" / "vaults.html").read_text(),
    "index": (folder / "site" / "index.html").read_text(),
}))
"""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a copy of the tree with these files says of them."""
    tree = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, tree / name)
    for name, text in FILES.items():
        (tree / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", LOOK, str(tmp_path_factory.mktemp("home"))]
    environment = {"PYTHONPATH": str(tree), "PATH": "", "COLUMNS": "200"}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_control_judges_what_the_dataset_and_the_fact_hold(grown: dict[str, Any]) -> None:
    (bad, good) = grown["findings"]
    assert bad[:3] == ["a-long-name", "fail", "a-long-name has 11 characters."]
    assert json.loads(bad[3]) == {"length": 11}
    assert good[:3] == ["short", "pass", "short is short."]


def test_each_is_in_the_graph_with_its_lineage_and_checks(grown: dict[str, Any]) -> None:
    assert {"raw_vaults", "fact_vault_names", "vault_has_short_name", "report_vaults"} <= set(grown["assets"])
    assert "raw_vaults" in grown["checks"]
    assert grown["above"] == ["fact_vault_names"]


def test_a_framework_of_ones_own_is_published(grown: dict[str, Any]) -> None:
    assert json.loads(grown["frameworks"][0][0]) == {"our_standard": "V.1"}


def test_the_command_line_and_the_docs_know_them(grown: dict[str, Any]) -> None:
    assert "Vaults should have short names" in grown["cli"]
    assert {name for name, is_there in grown["docs"].items() if is_there} >= {"assets.md", "controls.md"}


def test_the_page_is_in_the_report_and_its_navigation(grown: dict[str, Any]) -> None:
    assert "a-long-name has 11 characters." in grown["page"]
    assert 'href="vaults.html"' in grown["index"]
