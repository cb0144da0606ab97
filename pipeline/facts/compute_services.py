"""Services that run customers' workloads under a role, and services that do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline import knowledge
from pipeline.facts import PolicyLayer, Queried
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_compute_services",
    "Services that AWS offers roles for, and whether they run customers' workloads under them.",
    "account",
    (),
    (
        Column("service", "varchar", "Service principal without region and domain", required=True),
        Column("runs_workloads", "boolean", "Whether it runs customers' workloads under the role", required=True),
        Column("read_on", "date", "Day on which AWS's pages were read", required=True),
    ),
    key=("service",),
)
QUERIES: Mapping[str, str] = {}
JUDGES: tuple[PolicyLayer, ...] = ()


def rows(tables: Queried) -> Iterator[Row]:
    """The list, as it stands in `pipeline/knowledge/`. A service that AWS has ended runs nothing any more."""
    listed = knowledge.load("compute_services")
    services = listed.facts["services"]
    for word in ("running", "others", "ended"):
        for service in services[word]:
            yield {"service": service, "runs_workloads": word == "running", "read_on": listed.head.read_on}
