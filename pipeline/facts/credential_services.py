"""Services that IAM makes service-specific credentials for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline import knowledge
from pipeline.facts import PolicyLayer, Queried
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_credential_services",
    "Services that IAM makes service-specific credentials for.",
    "account",
    (),
    (
        Column("service_name", "varchar", "The service, as its credentials name it", required=True),
        Column("purpose", "varchar", "What an account must have for the credential to be of use; null for nothing"),
        Column("expires", "boolean", "Whether it is an API key that can carry an expiry", required=True),
    ),
    key=("service_name",),
)
QUERIES: Mapping[str, str] = {}
JUDGES: tuple[PolicyLayer, ...] = ()


def rows(tables: Queried) -> Iterator[Row]:
    """The list, as it stands in `pipeline/knowledge/`."""
    for entry in knowledge.load("credential_services").facts["service"]:
        yield {"service_name": entry["principal"], "purpose": entry.get("purpose"), "expires": entry["expires"]}
