"""Services that say for whom they act when they assume a service role, and the page that says so."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.facts import Found
from pipeline.schema import Column, Dataset, Row

LIST = Path(__file__).resolve().parent.parent / "knowledge" / "trust_services.toml"

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


def rows(found: Found) -> Iterator[Row]:
    """The list, as it stands in `pipeline/knowledge/`."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))["services"]
    yield from ({"service": service, "page": page} for service, page in sorted(listed.items()))
