"""What the tests of collectors share: an account that answers from a dictionary, and names and days."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from pipeline import collectors
from pipeline.aws.failures import CallFailed
from pipeline.schema import Dataset, Row

MEMBER = "111111111111"
AS_OF = date(2026, 11, 20)
DAY = datetime(2026, 11, 20, 2, tzinfo=UTC)
PLAIN = datetime(2026, 11, 20, 2)
REGION = "eu-central-1"
WHERE = {"account_id": MEMBER, "region": REGION}
ANALYZER = f"arn:aws:access-analyzer:us-east-1:{MEMBER}:analyzer/a"
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class ScriptedAccount:
    """What a collector sees, answering from a dictionary; a callable gets the parameters."""

    def __init__(
        self, answers: dict[str, Any], rows: dict[str, list[Row]] | None = None, region: str = "global"
    ) -> None:
        self.account_id, self.region, self.partition = MEMBER, region, "aws"
        self._answers, self._rows = answers, rows or {}
        self.kept: set[str] = set()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.memory = SimpleNamespace(as_of=AS_OF, once=lambda key, make: make())
        self.at: Callable[[str], Any] = lambda region: self
        self.settings = SimpleNamespace(regions=["us-east-1"], role_name="Reader", include_tags=[], exclude_tags=[])
        self.closed_regions: frozenset[str] = frozenset()
        self.unread_records: list[tuple[str, str | None, str]] = []

    def unread(self, dataset: Dataset, resource: str | None, failed: CallFailed) -> None:
        self.unread_records.append((dataset.name, resource, failed.message))

    def failed(self, operation: str, error_class: str, message: str) -> CallFailed:
        return CallFailed(operation, error_class, None, message, self.region)

    def further(self, operation: str, page: dict[str, Any], seen: set[str]) -> str | None:
        return page.get("Marker")

    def remembered(self, dataset: Dataset) -> list[Row]:
        return []

    def of_last_night(self, dataset: Dataset) -> list[Row] | None:
        return None

    def keep(self, dataset: Dataset) -> None:
        self.kept.add(dataset.name)

    def optional(self, operation: str, *expected: str, **params: Any) -> Any:
        self.asked.append((operation, params))
        found = self._answers[operation]
        return found(**params) if callable(found) else found

    call = optional

    def answers(
        self,
        operation: str,
        members: Sequence[str],
        expected: Sequence[str] = (),
        may_be_gone: bool = False,
        **params: Any,
    ) -> Iterator[Any]:
        found = self.optional(operation, **params)
        yield from [found] if isinstance(found, dict) else found

    def pages(
        self, operation: str, member: str, expected: Sequence[str] = (), may_be_gone: bool = False, **params: Any
    ) -> Iterator[Any]:
        yield from self.optional(operation, **params)

    def rows(self, dataset: str) -> list[Row]:
        return self._rows[dataset]

    def dated(self, operation: str, moment: datetime | None) -> None:
        self.asked.append((operation, {"dated": moment}))

    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]


class Remembering(ScriptedAccount):
    """An account with earlier nights, in every region."""

    def __init__(
        self,
        answers: dict[str, Any],
        rows: dict[str, list[Row]] | None = None,
        earlier: dict[str, list[Row]] | None = None,
        as_of: date = AS_OF,
    ) -> None:
        super().__init__(answers, rows, "us-east-1")
        self._earlier = earlier or {}
        self.memory = SimpleNamespace(as_of=as_of, last_night=as_of - timedelta(days=1), once=lambda key, make: make())

    def remembered(self, dataset: Dataset) -> list[Row]:
        return self._earlier.get(dataset.name, [])

    def of_last_night(self, dataset: Dataset) -> list[Row] | None:
        return self._earlier.get(dataset.name)


def scripted(answers: dict[str, Any], **rows: Any) -> ScriptedAccount:
    """An account in a region, with the rows of other datasets by name."""
    return ScriptedAccount(answers, rows, REGION)


def collect(name: str, account: ScriptedAccount) -> dict[str, list[Row]]:
    """The rows of a collector, held against the columns that it declares."""
    (collector,) = [c for c in collectors.discover() if c.name == name]
    rows = collector.collect(account)  # type: ignore[arg-type]
    for dataset in collector.datasets:
        dataset.table(rows[dataset.name])
    return rows


def rows_of(name: str, account: ScriptedAccount) -> list[Row]:
    """The rows of a collector with one dataset of its own name."""
    return collect(name, account)[name]


def refuse(error_class: str, operation: str = "s3:GetBucketPolicy") -> Callable[..., Any]:
    """An answer that fails."""

    def answer(**params: Any) -> Any:
        raise CallFailed(operation, error_class, None, "denied", "us-east-1")

    return answer
