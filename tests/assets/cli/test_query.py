"""`rolecall query` reads the published database, and nothing else."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.cli import main
from tests.assets.cli.support import refused, rolecall

COUNT = "select verdict, count(*) as n from findings where control_id = 'key_rotation' group by verdict order by all"


def test_rows_are_the_same_in_every_format(published: str) -> None:
    as_json = json.loads(rolecall("query", COUNT, "--home", published, "--format", "json").stdout)
    assert as_json
    assert {"fail", "unknown"} <= {row["verdict"] for row in as_json}
    text = rolecall("query", COUNT, "--home", published, "--format", "csv").stdout
    assert list(csv.DictReader(io.StringIO(text))) == [{k: str(v) for k, v in row.items()} for row in as_json]
    markdown = rolecall("query", COUNT, "--home", published, "--format", "markdown").stdout.splitlines()
    assert markdown[:2] == ["| verdict | n |", "| --- | --- |"]
    assert len(markdown) == 2 + len(as_json)
    assert all(row["verdict"] in rolecall("query", COUNT, "--home", published).stdout for row in as_json)


def test_tables_are_listed_and_described(published: str) -> None:
    listed = rolecall("query", "--home", published, "--format", "json").stdout
    names = [row["table"] for row in json.loads(listed)]
    assert {"findings", "accounts", "staging.stg_users"} <= set(names)
    columns = json.loads(rolecall("query", "findings", "--home", published, "--format", "json").stdout)
    assert columns[0] == {"column": "as_of", "type": "date", "comment": "The night"}
    assert "there is no table nope" in refused("query", "nope", "--home", published)


def test_a_query_can_come_from_standard_input(published: str) -> None:
    arguments = ["query", "-", "--home", published, "--format", "csv"]
    assert CliRunner().invoke(main.app, arguments, input="select 42 as answer").stdout == "answer\n42\n"


@pytest.mark.parametrize(
    "sql",
    [
        "drop table findings",
        "insert into findings select * from findings",
        "copy findings to 'stolen.csv'",
        "select * from read_text('secret')",
        "attach 'other.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
        "selec 1",
    ],
)
def test_what_is_not_a_question_is_refused(published: str, sql: str) -> None:
    Path("secret").write_text("secret")
    before = Path(published, "rolecall.duckdb").read_bytes()
    assert "rolecall.duckdb: " in refused("query", sql, "--home", published)
    assert Path(published, "rolecall.duckdb").read_bytes() == before
    assert not list(Path().glob("*.csv"))


def test_no_value_changes_the_terminal_or_is_a_formula(published: str) -> None:
    sql = r"select e'\x1b[31mred' as a, '=1+1' as b, '[bold]x' as c, [1, 2] as d, null as e, true as f"
    shown = rolecall("query", sql, "--home", published).stdout
    assert "\x1b" not in shown
    assert "[bold]x" in shown
    assert (
        rolecall("query", sql, "--home", published, "--format", "csv")
        .stdout.splitlines()[1]
        .startswith("\\u001b[31mred,'=1+1,[bold]x,")
    )
