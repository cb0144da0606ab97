"""Declared lists: columns from members, from the row that is asked about, and what is wrong with an item."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline import collectors
from pipeline.aws.failures import CallFailed
from pipeline.collectors._listing import Each, listing
from pipeline.schema import Column, Dataset, account_column
from tests.pipeline.collectors.support import MEMBER, ScriptedAccount

OPERATION = "iot:ListThings"
PARENT = Dataset(
    "parents",
    "Parents.",
    "region",
    ("iot:ListParents",),
    (Column("arn", "varchar", "ARN", required=True),),
    key=("arn",),
)


def things(*columns: Column) -> Dataset:
    return Dataset("things", "Things.", "region", (*PARENT.operations, OPERATION), columns, key=())


NAME = Column("thing_name", "varchar", "Name", required=True, source="thingName")


def account(items: Any, **rows: Any) -> ScriptedAccount:
    return ScriptedAccount({OPERATION: items}, rows, "eu-west-1")


def collect(dataset: Dataset, scripted: ScriptedAccount, **more: Any) -> Any:
    return listing(dataset, "things", **more)(scripted)["things"]  # type: ignore[arg-type]


def test_columns_are_members_of_the_item_by_their_type() -> None:
    dataset = things(
        account_column(),
        Column("region", "varchar", "Region", required=True),
        NAME,
        Column("kind", "varchar", "Kind", source="details.kind"),
        Column("groups", "varchar[]", "Groups", required=True, source="groups[].name"),
        Column("is_on", "boolean", "Whether it is on", required=True, source="on || `false`"),
        Column("created_at", "timestamp", "Created (UTC)", source="created"),
        Column("policy", "json", "Policy", source="policy"),
    )
    first = {
        "thingName": "a",
        "details": {"kind": "k"},
        "groups": [{"name": "g"}, {"name": "h"}],
        "on": True,
        "created": datetime(2026, 11, 20, 2, tzinfo=UTC),
        "policy": '{"a": 1}',
    }
    one, two = collect(dataset, account([first, {"thingName": "b", "groups": []}]))
    own = {"account_id": MEMBER, "region": "eu-west-1"}
    assert one == own | {
        "thing_name": "a",
        "kind": "k",
        "groups": ["g", "h"],
        "is_on": True,
        "created_at": datetime(2026, 11, 20, 2),
        "policy": '{"a":1}',
    }
    nothing = {"kind": None, "groups": [], "is_on": False, "created_at": None, "policy": None}
    assert two == own | {"thing_name": "b"} | nothing


def test_an_item_without_a_required_member_is_no_row_of_nulls() -> None:
    with pytest.raises(LookupError, match="lacks thingName, the source of thing_name"):
        collect(things(NAME), account([{"thingName": "a"}, {}]))


def test_each_row_of_another_dataset_is_asked_about_and_gives_its_columns() -> None:
    dataset = things(
        Column("parent_arn", "varchar", "Parent", required=True, references="parents.arn"),
        Column("color", "varchar", "Color"),
        NAME,
    )
    rows = [{"arn": name, "color": f"{name}-color"} for name in ("p", "q", "off")]
    scripted = account(lambda parentArn, size: [{"thingName": f"{parentArn}{size}"}], parents=rows)
    each = Each(PARENT, {"parentArn": "arn"}, where=lambda row: row["arn"] != "off")
    assert collect(dataset, scripted, each=each, size=5) == [
        {"parent_arn": "p", "color": "p-color", "thing_name": "p5"},
        {"parent_arn": "q", "color": "q-color", "thing_name": "q5"},
    ]
    assert len(scripted.asked) == 2


def test_a_row_can_say_in_which_region_it_is_asked_about() -> None:
    here, there = account([]), account([{"thingName": "far"}])
    here._rows = {"parents": [{"arn": "p", "home": "ap-south-1"}]}
    asked: list[str] = []
    here.at = lambda region: asked.append(region) or there  # type: ignore[attr-defined, func-returns-value]
    each = Each(PARENT, {"parentArn": "arn"}, region="home")
    assert collect(things(NAME), here, each=each) == [{"thing_name": "far"}]
    assert asked == ["ap-south-1"]
    assert here.asked == []


def test_items_are_chosen_and_columns_made() -> None:
    dataset = things(NAME, Column("arn", "varchar", "ARN", required=True))
    found = collect(
        dataset,
        account([{"thingName": "own"}, {"thingName": "aws"}]),
        keep=lambda item: item["thingName"] != "aws",
        computed={"arn": lambda account, item: f"{account.account_id}/{item['thingName']}"},
    )
    assert found == [{"thing_name": "own", "arn": f"{MEMBER}/own"}]


@pytest.mark.parametrize("error_class", ["not_offered", "iam_deny"])
def test_only_a_service_that_is_not_everywhere_may_be_missing(error_class: str) -> None:
    def refuse() -> Any:
        raise CallFailed(OPERATION, error_class, None, "", "eu-west-1")

    with pytest.raises(CallFailed):
        collect(things(NAME), account(refuse))
    if error_class == "not_offered":
        assert collect(things(NAME), account(refuse), is_everywhere=False) == []
    else:
        with pytest.raises(CallFailed):
            collect(things(NAME), account(refuse), is_everywhere=False)


def test_a_column_with_a_source_is_of_a_declared_list() -> None:
    """Else the source would say what nobody reads."""
    for collector in collectors.discover():
        sources = [c.name for d in collector.datasets for c in d.columns if c.source is not None]
        is_declared = collector.collect.__qualname__ == listing.__name__ + ".<locals>.collect"
        assert is_declared == bool(sources), collector.name
