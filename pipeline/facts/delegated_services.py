"""Services with trusted access to an organization, and whether a member account can administer them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline import knowledge
from pipeline.facts import PolicyLayer, Queried
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_delegated_services",
    "Services with trusted access to an organization, and whether a member account can administer them.",
    "account",
    (),
    (
        Column("service_principal", "varchar", "Service principal (access-analyzer.amazonaws.com)", required=True),
        Column("can_be_delegated", "boolean", "Whether AWS offers a delegated administrator for it", required=True),
        Column("read_on", "date", "Day on which AWS's list was read", required=True),
    ),
    key=("service_principal",),
)
QUERIES: Mapping[str, str] = {}
JUDGES: tuple[PolicyLayer, ...] = ()


def rows(tables: Queried) -> Iterator[Row]:
    """The list, as it stands in `pipeline/knowledge/`."""
    listed = knowledge.load("delegated_services")
    for word, can_be in (("can", True), ("cannot", False)):
        for service in listed.facts["services"][word]:
            yield {"service_principal": service, "can_be_delegated": can_be, "read_on": listed.head.read_on}
