"""Services that identify their source when they assume a service role, and the page that documents it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline import knowledge
from pipeline.facts import PolicyLayer, Queried
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_trust_services",
    "Services that send aws:SourceAccount or aws:SourceArn when they assume a service role.",
    "account",
    (),
    (
        Column("service", "varchar", "Service principal without region and domain", required=True),
        Column("page", "varchar", "Page of AWS's documentation that says so", required=True),
    ),
    key=("service",),
)
QUERIES: Mapping[str, str] = {}
JUDGES: tuple[PolicyLayer, ...] = ()


def rows(tables: Queried) -> Iterator[Row]:
    """The list in `pipeline/knowledge/`."""
    listed = knowledge.load("trust_services").facts["services"]
    yield from ({"service": service, "page": page} for service, page in sorted(listed.items()))
