"""The models: tables built from the raw tables each night, and their dependencies.

Most are files under `sql/`, named like their table. The opening comment is a TOML header; the rest is one SELECT in
plain DuckDB SQL, without templating: `getvariable('as_of')` is the night and `getvariable('<param>')` a parameter of
the header. Dependencies come from DuckDB's own parser, so lineage always agrees with the query. Further models are
built in Python (`pipeline/facts/`), and a few are derived from the catalog itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from pipeline import SQL, collectors, facts
from pipeline.facts import Facts
from pipeline.schema import REGISTER
from pipeline.settings import Refused
from pipeline.warehouse import contracts
from pipeline.warehouse.headers import ControlHeader, Header, Layer, head_of, read_header
from pipeline.warehouse.query import Query, parsed

ROOT = SQL
SQL_LAYERS: tuple[Layer, ...] = ("staging", "intermediate", "controls", "scores", "views")
PUBLISHED_LAYERS = {"views": "main", "staging": "staging", "intermediate": "intermediate"}
"""The published layers, and the schema of their tables in `rolecall.duckdb`."""
CATALOG_TABLES = ("control_catalog", "control_needs", "record_names")
"""Tables that the engine creates from the catalog and the declarations of datasets."""


@dataclass(frozen=True)
class Model:
    """One table of the night. `reads` are the tables it selects from, both raw tables and models.

    `sources` are those that can contribute columns. `sql` is the query, which begins on `line` of the file. Facts build
    their rows in Python from the results of their queries; tables of the history are kept by
    `pipeline.warehouse.history`.
    """

    name: str
    layer: Layer
    path: Path
    header: Header
    sql: str
    reads: tuple[str, ...]
    sources: frozenset[str] = frozenset()
    fact: Facts | None = None
    line: int = 1
    is_view: bool = False
    """Whether its rows are only found when it is read, because other tables hold them."""

    @property
    def control(self) -> ControlHeader | None:
        return self.header if isinstance(self.header, ControlHeader) else None

    @cached_property
    def version(self) -> str:
        """Changes when the table's definition does: query and header, or the module of a fact."""
        text = self.path.read_text(encoding="utf-8") if self.fact else self.sql + self.header.model_dump_json()
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass
class Catalog:
    """All models, in dependency order."""

    models: dict[str, Model]
    upstream: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph = {m.name: {r for r in m.reads if r in self.models} for m in self.models.values()}
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise Refused(f"sql/: these models read each other: {' -> '.join(error.args[1])}") from error
        self.models = {name: self.models[name] for name in order}
        for model in self.models.values():
            above = (self.upstream.get(read, frozenset()) | {read} for read in model.reads)
            self.upstream[model.name] = frozenset().union(*above)

    @cached_property
    def controls(self) -> dict[str, Model]:
        """The controls, by practice and id."""
        controls = [m for m in self.models.values() if m.control]
        return {m.name: m for m in sorted(controls, key=lambda m: m.control.id if m.control else "")}

    def datasets(self, name: str) -> frozenset[str]:
        """Names of the datasets that a model depends on, directly or indirectly."""
        return frozenset(r.removeprefix("raw_") for r in self.upstream[name] if r.startswith("raw_"))

    def with_ancestors(self, names: Iterable[str]) -> list[Model]:
        """The named models and all their upstream models, in dependency order."""
        with_above = set(names)
        with_above |= {above for name in with_above for above in self.upstream[name]}
        return [m for m in self.models.values() if m.name in with_above]


def load(root: Path = ROOT) -> Catalog:
    """Every model; read again if a file changes. Raises `Refused` for an invalid file, or a folder without SQL."""
    files = [(layer, path) for layer in SQL_LAYERS for path in sorted((root / layer).rglob("*.sql"))]
    return _loaded(root, tuple((layer, path, path.stat().st_mtime_ns, path.stat().st_size) for layer, path in files))


@lru_cache(maxsize=2)
def _loaded(root: Path, files: tuple[tuple[Layer, Path, int, int], ...]) -> Catalog:
    models = {model.name: model for model in map(fact_model, facts.discover())}
    queries = []
    for layer, path, *_ in files:
        model, query = read_model(path, layer)
        if path.stem in models:
            raise Refused(f"{path}: {models[path.stem].path} already makes a table of this name")
        models[path.stem] = model
        queries.append(query)
    check_numbers(models.values())
    if all(model.fact for model in models.values()):
        raise Refused(f"{root}: there are no SQL models; Rolecall is not installed completely; install it again")
    results = control_results([m.name for m in models.values() if m.control])
    models |= {model.name: model for model in (results, *HISTORY)}
    tables = {*models, *CATALOG_TABLES, *(f"raw_{name}" for name in collectors.datasets())}
    for query in queries:
        contracts.check_tables(query, tables)
    check_layers(models)
    catalog = Catalog(models)
    check_register(catalog)
    check_alone(catalog)
    return catalog


def check_numbers(models: Iterable[Model]) -> None:
    """Check that control ids are unique. Raises `Refused`."""
    seen: dict[str, Path] = {}
    for model in models:
        if model.control and (other := seen.setdefault(model.control.id, model.path)) != model.path:
            raise Refused(f"{model.path}: header: id {model.control.id} is that of {other}; take the next free number")


BUILT_FIRST: tuple[Layer, ...] = ("staging", "intermediate", "facts")
MAY_READ: Mapping[Layer, tuple[Layer, ...]] = {
    "staging": ("staging",),
    "intermediate": BUILT_FIRST,
    "facts": BUILT_FIRST,
    "controls": (*BUILT_FIRST, "history"),
    "scores": (*BUILT_FIRST, "history", "controls", "scores"),
    "history": (*BUILT_FIRST, "scores"),
    "views": (*BUILT_FIRST, "history", "controls", "scores", "views"),
}
"""By layer: the layers whose models it may read, in addition to raw tables."""


def check_layers(models: Mapping[str, Model]) -> None:
    """Refuse a model that reads one of a later layer, such as a fact that reads a view."""
    for model in models.values():
        for read in model.reads:
            layer = models[read].layer if read in models else None
            if layer and layer not in MAY_READ[model.layer]:
                allowed = ", ".join(MAY_READ[model.layer])
                raise Refused(
                    f"{model.path}: {model.name} ({model.layer}) reads {read} ({layer}); "
                    f"it may read raw tables and {allowed}"
                )


def check_register(catalog: Catalog) -> None:
    """Refuse a control that does not declare correctly which entries of the register it uses."""
    kinds = next(column.values for column in REGISTER.columns if column.name == "kind")
    for model in catalog.controls.values():
        named = set(model.control.register_entries) if model.control else set[str]()
        where = f"{model.path}: header: register_entries"
        if unknown := sorted(named - set(kinds)):
            raise Refused(f"{where}: no entry is of kind {unknown[0]}; expected some of {', '.join(kinds)}")
        if named and "stg_register" not in catalog.upstream[model.name]:
            raise Refused(f"{where}: neither the control nor a model above it reads stg_register")
        if not named and "stg_register" in model.reads:
            raise Refused(f"{where}: the control reads stg_register; name the kinds, some of {', '.join(kinds)}")


def check_alone(catalog: Catalog) -> None:
    """Refuse a control that says how it depends on records of a dataset that it does not depend on."""
    for model in catalog.controls.values():
        if model.control and (others := sorted(set(model.control.alone) - catalog.datasets(model.name))):
            raise Refused(f"{model.path}: header: alone: the control does not depend on {others[0]}")


def fact_model(module: Facts) -> Model:
    """A fact, as a model."""
    table, path = module.TABLE, Path(module.__file__)
    columns = {column.name: column.description for column in table.columns}
    header = Header(title=table.description, columns=columns)
    reads = {read for query in module.QUERIES.values() for read in parsed(query, path).tables}
    sql = "\n\n".join(f"-- {name}\n{query.strip()}" for name, query in module.QUERIES.items())
    return Model(table.name, "facts", path, header, sql, tuple(sorted(reads)), fact=module)


def control_results(controls: list[str]) -> Model:
    """The results of all controls, in one table."""
    parts = [f"select '{name}' as control_id, * from {name}" for name in sorted(controls)]
    sql = f"select * from ({' union all by name '.join([EMPTY_RESULT, *parts])})"
    header = Header(title="What every control says of every resource, before the ledger and the register are heard")
    return Model(
        "control_results",
        "scores",
        Path(__file__),
        header,
        sql,
        tuple(sorted(controls)),
        frozenset(controls),
        is_view=True,
    )


EMPTY_RESULT = """
select
    '' as control_id, '' as account_id, 'global' as region, '' as resource, '' as verdict, '' as reason,
    null::json as evidence
where false"""

HISTORY = tuple(
    Model(
        f"history_{name}",
        "history",
        Path(__file__).with_name("history.py"),
        Header(title=title),
        "",
        (read,),
        frozenset({read}),
    )
    for name, title, read in (
        ("nights", "The nights judged so far, and those held back", "judgements"),
        ("spans", "For how long each resource has had each verdict, night by night", "judgements"),
        ("measures", "The measures of every night", "measures"),
        ("guardrails", "Which guardrail objectives were met on every night", "fact_guardrails"),
    )
)


def read_model(path: Path, layer: Layer) -> tuple[Model, Query]:
    """A file as a `Model`, with its parsed query. Raises `Refused`."""
    head, rest = head_of(path)
    header = read_header(path, layer, head)
    sql = rest.strip().rstrip(";")
    line = 1 + (head + rest[: len(rest) - len(rest.lstrip())]).count("\n")
    query = parsed(sql, path, line)
    if layer == "controls":
        contracts.check_verdicts(query)
        contracts.check_evidence(query, header.evidence if isinstance(header, ControlHeader) else {}, head)
    contracts.check_query(query, header.params, head)
    return Model(path.stem, layer, path, header, sql, tuple(query.tables), query.sources, line=line), query
