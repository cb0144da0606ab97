"""Lists that were empty are not asked for every night."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline import landing
from pipeline.aws.visit import Visit
from pipeline.collect.memory import Memory
from pipeline.collect.reading import Reading
from pipeline.collectors.analyzers import ANALYZERS
from pipeline.collectors.external_analyzers import FOUND
from pipeline.night import Night
from pipeline.schema import EXTRACTS, UNREAD, Row
from tests.pipeline.aws.support import CALLER, MEMBER, ScriptedCloud, answer, error
from tests.pipeline.collectors.support import AS_OF

REGION, OTHER = "eu-west-1", "999999999999"
LAMBDA, EKS, ANALYZER, CERTIFICATES = (
    "lambda:ListFunctions",
    "eks:ListClusters",
    "access-analyzer:ListAnalyzers",
    "iam:ListServerCertificates",
)
ROLE = f"arn:aws:iam::{MEMBER}:role/r"
FUNCTION = {"FunctionName": "f", "FunctionArn": "arn:aws:lambda:eu-west-1:1:function:f", "Role": ROLE, "Runtime": "p"}


class Nights:
    """Nights of one account in one Region: each reads these datasets, and lands what it read."""

    def __init__(self, home: Path, *datasets: str) -> None:
        self.home, self.datasets, self.closed = home, datasets, frozenset[str]()
        self.answers: dict[str, Any] = {
            LAMBDA: answer(Functions=[]),
            EKS: answer(clusters=[]),
            ANALYZER: answer(analyzers=[]),
            CERTIFICATES: answer(ServerCertificateMetadataList=[]),
            "iam:GetAccountSummary": answer(SummaryMap={"ServerCertificates": 0}),
            "iam:ListAccountAliases": answer(AccountAliases=[]),
        }
        self.more: dict[Any, list[Row]] = {}

    def night(self, number: int) -> tuple[list[str], dict[str, Row]]:
        """The calls of a night, and the extracts by dataset."""
        night = Night(self.home, AS_OF + timedelta(days=number))
        cloud = ScriptedCloud({name: [found] for name, found in self.answers.items()}, regions=[REGION])
        cloud.memory = Memory(night)
        visit = Visit(cloud, MEMBER, CALLER)  # type: ignore[arg-type]
        visit.closed_regions = self.closed
        reading = Reading(visit, ("account", "region"))
        kept = [c for c in reading._collectors if c.name in ("account_aliases", *self.datasets)]
        reading._collectors, reading._regions = kept, lambda: [REGION]  # type: ignore[method-assign]
        tables = reading.read_all()
        night.landing_folder.mkdir(parents=True)
        for dataset in (EXTRACTS, UNREAD):
            landing.write(night, dataset, tables[dataset.name].to_pylist())
        for dataset, rows in self.more.items():
            landing.write(night, dataset, rows)
        asked = [operation for operation in cloud.operations() if operation in (LAMBDA, EKS, ANALYZER, CERTIFICATES)]
        return asked, {row["dataset"]: row for row in tables[EXTRACTS.name].to_pylist()}

    def asked(self, numbers: range) -> list[int]:
        return [number for number in numbers if self.night(number)[0]]


def test_a_list_that_was_empty_for_a_week_is_asked_for_once_in_seven_nights(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "lambda_functions")
    asked = nights.asked(range(28))
    assert asked[:7] == list(range(7))
    assert len(asked[7:]) == 3
    assert all(later - earlier == 7 for earlier, later in pairwise(asked[7:]))
    _, extracts = nights.night(28)
    row = extracts["lambda_functions"]
    assert (row["status"], row["rows"], row["empty_since"]) == ("ok", 0, AS_OF)
    assert AS_OF + timedelta(days=28 - 7) < row["read_on"] == AS_OF + timedelta(days=asked[-1])


def test_what_is_read_together_is_of_one_night(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "lambda_functions", "eks_clusters")
    assert {len(nights.night(number)[0]) for number in range(20)} == {0, 2}


def test_a_list_that_has_something_is_asked_for_every_night(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "lambda_functions")
    nights.asked(range(8))
    nights.answers[LAMBDA] = answer(Functions=[FUNCTION])
    found = nights.asked(range(8, 20))
    assert found == list(range(found[0], 20))
    assert found[0] <= 8 + 7


@pytest.mark.parametrize("trouble", ["failed", "closed", "no night between", "no role"])
def test_a_list_is_asked_for_where_the_last_night_does_not_tell(tmp_path: Path, trouble: str) -> None:
    nights = Nights(tmp_path, "lambda_functions")
    nights.asked(range(7))
    turn = next(number for number in range(7, 15) if nights.night(number)[0])
    assert nights.night(turn + 1)[0] == []
    number = turn + 2
    if trouble == "failed":
        (file,) = (Night(tmp_path, AS_OF + timedelta(days=turn + 1)).landing_folder / EXTRACTS.name).glob("*")
        file.write_bytes(file.read_bytes()[:-40])
    elif trouble == "closed":
        nights.closed = frozenset({REGION})
    elif trouble == "no night between":
        number = turn + 8
    else:
        nights.answers["sts:AssumeRole"] = error("AccessDenied", "no", 403)
        assert nights.night(number)[1]["lambda_functions"]["status"] == "failed"
        return
    assert nights.night(number)[0] == [LAMBDA]


@pytest.mark.parametrize(
    ("kinds", "is_spared"),
    [(["ORGANIZATION", "ORGANIZATION_UNUSED_ACCESS"], True), (["ORGANIZATION"], False), (["ACCOUNT"], False)],
)
def test_accounts_that_the_organization_watches_are_asked_for_analyzers_once_in_seven_nights(
    tmp_path: Path, kinds: list[str], is_spared: bool
) -> None:
    nights = Nights(tmp_path, "analyzers")
    for dataset, region in ((ANALYZERS, "region"), (FOUND, "region_name")):
        blank: Row = dict.fromkeys(column.name for column in dataset.columns)
        blank |= {"account_id": OTHER, region: REGION, "status": "ACTIVE"}
        nights.more[dataset] = [blank | {"analyzer_type": kind} for kind in kinds]
    asked = nights.asked(range(14))
    assert asked[0] == 0
    assert len(asked[1:]) in ((1, 2) if is_spared else (13,))


@pytest.mark.parametrize(("count", "asked"), [(0, [0]), (1, [0, 1, 2]), (None, [0, 1, 2])])
def test_a_list_of_which_aws_counts_nothing_is_asked_for_once(
    tmp_path: Path, count: int | None, asked: list[int]
) -> None:
    nights = Nights(tmp_path, "server_certificates", "account_summary")
    nights.answers["iam:GetAccountSummary"] = answer(SummaryMap={} if count is None else {"ServerCertificates": 0})
    assert nights.night(0)[0] == [CERTIFICATES]
    if count:
        nights.answers["iam:GetAccountSummary"] = answer(SummaryMap={"ServerCertificates": count})
    assert [0, *(number for number in (1, 2) if nights.night(number)[0])] == asked


def test_nights_of_an_earlier_version_say_nothing(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "lambda_functions")
    for number in range(9):
        nights.night(number)
        night = Night(tmp_path, AS_OF + timedelta(days=number))
        landing.rewrite(night.landing_folder / EXTRACTS.name, EXTRACTS, "select * replace (null as read_on) from rows")
    assert isinstance(AS_OF, date)
    assert nights.night(9)[0] == [LAMBDA]
