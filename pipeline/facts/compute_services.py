"""Services that run customers' workloads under a role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline import knowledge
from pipeline.facts import PolicyLayer, Queried
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_compute_services",
    "Services that run customers' workloads under a role.",
    "account",
    (),
    (Column("service", "varchar", "Service principal without region and domain", required=True),),
    key=("service",),
)
QUERIES: Mapping[str, str] = {}
JUDGES: tuple[PolicyLayer, ...] = ()


def rows(tables: Queried) -> Iterator[Row]:
    """The list, as it stands in `pipeline/knowledge/`."""
    yield from ({"service": service} for service in knowledge.load("compute_services").facts["services"]["running"])
