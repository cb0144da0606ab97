"""Tables derived from the catalog: the controls, and the datasets that each depends on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.schema import Dataset
from pipeline.warehouse.headers import PRACTICES
from pipeline.warehouse.models import Catalog


def control_catalog(catalog: Catalog, params: Mapping[str, Mapping[str, Any]]) -> pa.Table:
    """The controls in `params`, with these parameters, as a table: header, query and dependencies."""
    rows = []
    for name, model in catalog.controls.items():
        head = model.control
        if head is None or name not in params:
            continue
        rows.append(
            {
                "control_id": name,
                "number": head.id,
                "title": head.title,
                "practice": head.practice,
                "practice_title": PRACTICES[head.practice],
                "severity": head.severity,
                "scope": head.scope,
                "fixed_by": "organization" if head.scope == "organization" else head.fixed_by,
                "why": head.why,
                "fix": head.fix,
                "may_break": head.may_break or None,
                "frameworks": json.dumps(head.frameworks),
                "params": json.dumps(params[name], default=str),
                "evidence": json.dumps(head.evidence, ensure_ascii=False),
                "reads": sorted(catalog.datasets(name)),
                "query": model.sql,
            }
        )
    text = pa.string()
    types = dict.fromkeys(rows[0] if rows else (), text) | {"practice": pa.int64(), "reads": pa.list_(text)}
    return pa.Table.from_pylist(rows, schema=pa.schema(types.items()) if rows else None)


def control_needs(catalog: Catalog, datasets: Mapping[str, Dataset]) -> pa.Table:
    """The datasets that each control depends on: scope, operations, and whether only for the management account.

    `settles_unread` tells whether the control itself decides what is unknown without the dataset, `is_alone` whether a
    record of it that could not be read leaves findings on other resources as they are, because they do not depend on it
    or tell so themselves.
    """
    rows = [
        {
            "control_id": name,
            "dataset": dataset,
            "scope": of.scope,
            "of_management": model.control is not None and dataset in model.control.of_management,
            "settles_unread": model.control is not None and dataset in model.control.settles_unread,
            "is_alone": of.gaps_are_told or (model.control is not None and dataset in model.control.alone),
            "operations": list(of.operations),
        }
        for name, model in catalog.controls.items()
        for dataset in sorted(catalog.datasets(name))
        if (of := datasets[dataset]).operations
    ]
    types = dict.fromkeys(("control_id", "dataset", "scope"), pa.string())
    flags = dict.fromkeys(("of_management", "settles_unread", "is_alone"), pa.bool_())
    types |= {**flags, "operations": pa.list_(pa.string())}
    return pa.Table.from_pylist(rows, schema=pa.schema(types.items()))


def record_names(con: duckdb.DuckDBPyConnection, datasets: Mapping[str, Dataset]) -> pa.Table:
    """The names of the records of datasets of which some could not be read, in the accounts where that is so."""
    unread = con.execute("select distinct dataset, account_id from raw_unread_records").fetchall()
    rows = []
    for name, account_id in sorted(unread):
        column = datasets[name].named_by
        query = f'select distinct "{column}" from raw_{name} where account_id = ? and "{column}" is not null order by 1'
        found = con.execute(query, [account_id]).fetchall() if column else []
        rows += [{"dataset": name, "account_id": account_id, "name": of} for (of,) in found]
    return pa.Table.from_pylist(rows, schema=pa.schema([(key, pa.string()) for key in RECORD_NAMES]))


RECORD_NAMES = ("dataset", "account_id", "name")
