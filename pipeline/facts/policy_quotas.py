"""Quotas of organization policies, a type each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline import knowledge
from pipeline.facts import PolicyLayer, Queried
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_policy_quotas",
    "Quotas that AWS sets to organization policies, by type.",
    "account",
    (),
    (
        Column("policy_type", "varchar", "Type of policy", required=True),
        Column("max_characters", "bigint", "Characters of a policy, as it is stored", required=True),
        Column("max_per_target", "bigint", "Policies of the type on a root, OU or account", required=True),
    ),
    key=("policy_type",),
)
QUERIES: Mapping[str, str] = {}
JUDGES: tuple[PolicyLayer, ...] = ()


def rows(tables: Queried) -> Iterator[Row]:
    """The list, as it stands in `pipeline/knowledge/`."""
    yield from knowledge.load("policy_quotas").facts["quota"]
