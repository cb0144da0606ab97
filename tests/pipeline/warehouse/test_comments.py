"""What columns are called: by their own model, by the tables they come from, and never by a toss between two."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipeline.schema import Column, Dataset
from pipeline.settings import Refused
from pipeline.warehouse.comments import Comments
from pipeline.warehouse.headers import Header, Layer
from pipeline.warehouse.models import Catalog, Model
from pipeline.warehouse.query import parsed

USERS = Dataset(
    "users",
    "Users",
    "account",
    (),
    (Column("arn", "varchar", "ARN of the user"), Column("name", "varchar", "Name")),
    key=("arn",),
)
ROLES = Dataset("roles", "Roles", "account", (), (Column("arn", "varchar", "ARN of the role"),), key=("arn",))


def model(table: str, sql: str, layer: Layer = "intermediate", **columns: str) -> Model:
    query = parsed(sql, Path(f"{table}.sql"))
    header = Header(title=table, columns=columns)
    return Model(table, layer, query.path, header, sql, tuple(query.tables), query.sources)


def comments(*models: Model) -> Comments:
    """The comments of these models, built over raw tables without rows."""
    con = duckdb.connect()
    con.execute("create table raw_users (arn varchar, name varchar)")
    con.execute("create table raw_roles (arn varchar)")
    for each in models:
        con.execute(f"create table {each.name} as {each.sql}")
    return Comments(con, Catalog({each.name: each for each in models}), [USERS, ROLES])


def test_a_text_is_inherited_by_name_and_its_own_comes_first() -> None:
    found = comments(
        model("int_users", "select arn, name, 1 as logins from raw_users", name="Name without its path"),
        model("people", "select arn, name from int_users", "views"),
    )
    assert found["people"] == {"arn": "ARN of the user", "name": "Name without its path"}
    assert found["int_users"] == found["people"]


def test_two_tables_that_disagree_are_refused_until_the_header_says_which() -> None:
    both = "select arn from raw_users union all select arn from raw_roles"
    found = comments(model("principals", both))
    with pytest.raises(
        Refused, match="say what arn is; raw_roles says 'ARN of the role'; raw_users says 'ARN of the u"
    ):
        found["principals"]
    assert comments(model("principals", both, arn="ARN of either"))["principals"] == {"arn": "ARN of either"}


def test_a_table_that_is_not_published_may_leave_it_open_and_hands_nothing_on() -> None:
    principals = model("principals", "select arn from raw_users union all select arn from raw_roles", "scores")
    assert comments(principals, model("callers", "select arn from principals", "views"))["callers"] == {}


@pytest.mark.parametrize(
    "sql",
    [
        "select arn from raw_users semi join raw_roles using (arn)",
        "select arn from raw_users anti join raw_roles using (arn)",
        "select arn from raw_users where arn in (select arn from raw_roles)",
        "with roles as (select arn from raw_users) select arn from roles where not exists (from raw_roles)",
    ],
)
def test_a_table_that_only_decides_which_rows_there_are_gives_no_text(sql: str) -> None:
    assert comments(model("chosen", sql))["chosen"] == {"arn": "ARN of the user"}


def test_a_column_that_the_model_leaves_out_is_not_handed_on() -> None:
    narrow = model("narrow", "select name from raw_users")
    assert comments(narrow, model("wide", "select 'x' as arn, name from narrow"))["wide"] == {"name": "Name"}


def test_the_fields_of_a_struct_keep_their_texts() -> None:
    packed = model("packed", "select {arn: arn, name: name} as user from raw_users", "scores")
    spread = model("spread", "select unnest(user) from packed", "views")
    assert comments(packed, spread)["spread"] == {"arn": "ARN of the user", "name": "Name"}
