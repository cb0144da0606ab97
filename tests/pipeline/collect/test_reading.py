"""What is read of an account: each record once, no list shorter than AWS counts, and records that say why."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.aws import visit as aws
from pipeline.aws.failures import CallFailed
from pipeline.aws.visit import Visit
from pipeline.collect.reading import MOST_AGAIN, Reading
from pipeline.collect.records import known, once
from pipeline.collectors import datasets
from pipeline.collectors._items import each, resource
from pipeline.schema import Column, Dataset, Row
from tests.pipeline.aws.support import CALLER, MEMBER, TIMEOUT, ScriptedCloud, answer, error
from tests.pipeline.collectors.support import ScriptedAccount


@pytest.mark.parametrize("name", sorted(name for name, d in datasets().items() if d.operations))
def test_a_record_counts_once_and_the_later_one(name: str) -> None:
    """Of every dataset: with all of its columns the same but one outside of the key."""
    dataset = datasets()[name]
    first: Row = {column.name: column.name for column in dataset.columns}
    others = [column.name for column in dataset.columns if column.name not in dataset.key]
    later = first | ({others[-1]: "later"} if others else {})
    assert once(dataset, [first, later]) == ([later] if dataset.key else [first, later])


ENUMERATED = [
    (d, c)
    for d in datasets().values()
    for c in d.columns
    if d.operations and c.values and c.type == "varchar" and d.name != "accounts"
]


@pytest.mark.parametrize("column", ["state", "joined_method"])
def test_an_account_in_a_new_state_does_not_end_the_reading_of_the_others(column: str) -> None:
    account = ScriptedAccount({})
    row: Row = {c.name: c.values[0] if c.values else "" for c in datasets()["accounts"].columns}
    rows = [row, row | {column: "BRAND_NEW"}]
    assert known(account, datasets()["accounts"], rows) == rows  # type: ignore[arg-type]
    assert account.unread_records == []


@pytest.mark.parametrize(("dataset", "column"), ENUMERATED, ids=lambda it: it.name)
def test_a_value_that_aws_did_not_have_before_is_booked(dataset: Dataset, column: Column) -> None:
    account = ScriptedAccount({})
    row: Row = {c.name: (c.values[0] if c.values else f"a {c.name}") for c in dataset.columns}
    assert known(account, dataset, [row]) == [row]  # type: ignore[arg-type]
    assert account.unread_records == []
    known(account, dataset, [row | {column.name: "BRAND_NEW"}])  # type: ignore[arg-type]
    ((of, named, said),) = account.unread_records
    assert (of, named) == (dataset.name, resource(dataset, row | {column.name: "BRAND_NEW"}))
    assert said == f"{column.name} is 'BRAND_NEW': this version does not know what that means"


def refused(name: str) -> CallFailed:
    return CallFailed("iam:ListMFADevices", "iam_deny", "AccessDenied", f"not {name}", "global")


def test_a_thing_that_cannot_be_read_costs_itself() -> None:
    dataset, account = datasets()["mfa_devices"], ScriptedAccount({})

    def read(name: str) -> list[Row]:
        if name == "bob":
            raise refused(name)
        return [{"user": name}]

    rows = each(account, dataset, ["ann", "bob", "cid"], read, lambda name: f"user/{name}")  # type: ignore[arg-type]
    assert [row["user"] for row in rows] == ["ann", "cid"]
    assert account.unread_records == [("mfa_devices", "user/bob", "not bob")]


def test_where_nothing_can_be_read_it_is_no_matter_of_one_thing() -> None:
    def read(name: str) -> Any:
        raise refused(name)

    with pytest.raises(CallFailed, match="not ann"):
        each(ScriptedAccount({}), datasets()["mfa_devices"], ["ann", "bob"], read, str)  # type: ignore[arg-type]


FUNCTION = {"Role": f"arn:aws:iam::{MEMBER}:role/r", "Runtime": "python3.13"}
LIST, REGION = "lambda:ListFunctions", "eu-west-1"


def functions(*names: str, **more: str) -> dict[str, Any]:
    arn = f"arn:aws:lambda:{REGION}:{MEMBER}:function:"
    return answer(Functions=[FUNCTION | {"FunctionName": name, "FunctionArn": arn + name} for name in names], **more)


def reading(script: dict[str, list[Any]], rows_before: int = 0) -> tuple[Reading, ScriptedCloud]:
    scripted = ScriptedCloud(script, regions=[REGION])
    scripted.memory = SimpleNamespace(as_of=None, count=lambda *_: rows_before, last=lambda *_: None)
    visit = Visit(scripted, MEMBER, CALLER)  # type: ignore[arg-type]
    visit.closed_regions = frozenset({REGION})
    return Reading(visit, ("region",)), scripted


@pytest.mark.parametrize(
    ("answers", "found", "asked"),
    [
        ([functions("a", "b", "c")], "abc", 1),
        ([functions("a"), functions("a", "b", "c")], "abc", 2),
        ([functions("a", "b"), functions("a")], "ab", 2),
        ([functions("a")], "a", 2),
        ([*(functions(Marker=str(n)) for n in range(MOST_AGAIN)), functions("a")], "a", MOST_AGAIN + 1),
    ],
    ids=["as many", "the end came", "the end is lost", "deleted", "too many requests"],
)
def test_a_list_shorter_than_before_is_read_twice_and_the_longer_one_counts(
    answers: list[Any], found: str, asked: int
) -> None:
    read, scripted = reading({LIST: answers}, rows_before=3)
    assert [row["function_name"] for row in read.rows("lambda_functions", REGION)] == list(found)
    assert scripted.operations().count(LIST) == asked


def test_a_list_shorter_than_before_that_cannot_be_confirmed_is_not_read() -> None:
    read, _ = reading({LIST: [functions("a"), error("AccessDenied", "no", 403)]}, rows_before=3)
    with pytest.raises(CallFailed, match="iam_deny"):
        read.rows("lambda_functions", REGION)


@pytest.mark.parametrize("denied", ["sts:AssumeRole", LIST])
def test_a_role_that_an_scp_denies_leaves_no_region_that_nothing_is_owed_of(denied: str) -> None:
    words = "not authorized with an explicit deny in a service control policy"
    read, _ = reading({denied: [error("AccessDenied", words, 403)]})
    extracts = read.read_all()["extracts"].to_pylist()
    assert {row["status"] for row in extracts if row["dataset"] == "lambda_functions"} == {"failed"}
    assert read.failures["lambda_functions"].error_class == "scp_deny"


class SickCloud(ScriptedCloud):
    """Every request but for the role's session fails, where `is_sick` says so; the others are denied."""

    def __init__(self, trouble: Exception, is_sick: Callable[[str], bool]) -> None:
        super().__init__({}, regions=["us-east-1"])
        self.trouble, self.is_sick, self.waits = trouble, is_sick, 0
        self.memory = SimpleNamespace(
            as_of=None, rows=lambda *_: [], count=lambda *_: 0, last=lambda *_: None, once=lambda key, make: make()
        )

    def ask(self, operation: str, region: str, credentials: Any, params: dict[str, Any]) -> dict[str, Any]:
        if operation in self.script:
            return super().ask(operation, region, credentials, params)
        if not self.is_sick(operation):
            raise error("AccessDenied", "no", 403)
        self.waits += 1
        raise self.trouble


@pytest.mark.parametrize(
    ("trouble", "is_all"),
    [
        (error("ServiceUnavailable", status=503), True),
        (error("Throttling"), True),
        (error("Throttling"), False),
        (TIMEOUT, True),
        (TIMEOUT, False),
    ],
    ids=["503 of everything", "throttled by everything", "throttled by IAM", "everything stalls", "IAM stalls"],
)
def test_sick_services_cost_an_account_a_bounded_time(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception, is_all: bool
) -> None:
    """In minutes of waiting, with pauses and every time limit at their longest."""
    pauses: list[float] = []
    monkeypatch.setattr("pipeline.aws.visit.time.sleep", pauses.append)
    monkeypatch.setattr("pipeline.aws.visit.random.uniform", lambda least, most: most)
    cloud = SickCloud(trouble, lambda operation: is_all or operation.startswith("iam:"))
    read = Reading(Visit(cloud, MEMBER, CALLER), ("account", "region"))  # type: ignore[arg-type]
    failed = read.read_all()["extracts"].to_pylist()
    assert {row["status"] for row in failed} == {"failed"}
    waited = sum(pauses) + (cloud.waits * cloud.settings.call_timeout_seconds if trouble is TIMEOUT else 0)
    assert len(pauses) <= 5 * aws.SICK
    assert waited / 60 < (cloud.settings.account_timeout_minutes if trouble is TIMEOUT else 5), (waited, cloud.waits)
