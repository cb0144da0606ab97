"""Column comments of published tables: from the model's own header, else from its source tables.

A comment is inherited by column name. If a model's source tables have different comments for a column, the model must
describe it in its header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import duckdb

from pipeline.rows import quoted
from pipeline.schema import Dataset
from pipeline.settings import Refused
from pipeline.warehouse.models import PUBLISHED_LAYERS, Catalog, Model


class Comments(Mapping[str, Mapping[str, str]]):
    """Column comments by table. Those of a model are available once its table is built."""

    def __init__(self, con: duckdb.DuckDBPyConnection, models: Catalog, datasets: Iterable[Dataset]) -> None:
        self._con, self._models = con, models
        self._known: dict[str, Mapping[str, str]] = {
            f"raw_{dataset.name}": {column.name: column.description for column in dataset.columns}
            for dataset in datasets
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._models.models)

    def __len__(self) -> int:
        return len(self._models.models)

    def __getitem__(self, table: str) -> Mapping[str, str]:
        """The comments of a table. Raises `Refused` for a published model with an ambiguous column comment."""
        if table not in self._known:
            model = self._models.models.get(table)
            self._known[table] = self._of(model) if model else {}
        return self._known[table]

    def _of(self, model: Model) -> dict[str, str]:
        columns = list(self._columns(model.name))
        own = model.header.columns
        inherited = {name: self._inherited(model, name) for name in columns if name not in own}
        return {name: text for name in columns if (text := own.get(name) or inherited.get(name))}

    def _columns(self, table: str) -> Iterator[str]:
        """The columns of a table, and the fields of struct columns."""
        relation = self._con.table(table)
        for name, kind in zip(relation.columns, relation.types, strict=True):
            yield name
            if kind.id == "struct":
                yield from (field for field, _ in kind.children)

    def _inherited(self, model: Model, column: str) -> str:
        texts = {text: source for source in model.sources if (text := self[source].get(column))}
        if len(texts) > 1 and model.layer in PUBLISHED_LAYERS:
            differing = "; ".join(f"{source} says {text!r}" for text, source in sorted(texts.items()))
            raise Refused(f"{model.path}: header: columns: say what {column} is; {differing}")
        return next(iter(texts)) if len(texts) == 1 else ""


def comment(con: duckdb.DuckDBPyConnection, table: str, title: str, columns: Mapping[str, str]) -> None:
    """Set the comments of a table and its columns."""
    con.execute(f"comment on table {table} is {quoted(title)}")
    for column, *_ in con.execute(f"describe {table}").fetchall():
        if text := columns.get(column):
            con.execute(f'comment on column {table}."{column}" is {quoted(text)}')
