"""Services that say for whom they act when they assume a service role, and the page that says so."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files

from pipeline.facts import PolicyLayer, Queried
from pipeline.schema import Column, Dataset, Row

LIST = files("pipeline").joinpath("knowledge", "trust_services.toml")

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


def rows(found: Queried) -> Iterator[Row]:
    """The list, as it stands in `pipeline/knowledge/`."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))["services"]
    yield from ({"service": service, "page": page} for service, page in sorted(listed.items()))
