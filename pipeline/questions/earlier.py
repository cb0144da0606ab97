"""An earlier night, as questions need it: the few models that they read, built in memory from what has landed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from pipeline import collectors, raw
from pipeline.night import Night
from pipeline.questions.published import Published
from pipeline.settings import Settings
from pipeline.warehouse import build, models

READ = frozenset(
    {
        *("contract", "coverage", "int_accounts", "int_control_levels", "int_grants", "int_identity_documents"),
        *("int_permission_set_assignments", "int_permissions", "stg_bucket_policies", "stg_buckets"),
        *("stg_delegated_administrators", "stg_organization", "stg_organization_policies", "stg_organization_roots"),
        "stg_roles",
    }
)
"""The models that questions about one night read."""


@contextmanager
def landed(settings: Settings, night: Night) -> Iterator[Published]:
    """A landed night. Raises `Refused` if there is none of this date. Nothing is written."""
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        raw.attach(con, night, collectors.datasets().values())
        build_models(con, settings, night)
        yield Published(con, night.landing_folder)


def build_models(con: duckdb.DuckDBPyConnection, settings: Settings, night: Night) -> None:
    """Build what questions read over the raw tables of a night."""
    catalog = models.load()
    with build.prepared(con, settings, night, catalog, build.read_at(con)) as work:
        work.comments = None  # nobody reads these tables
        for model in catalog.with_ancestors(set(READ)):
            work.make(model)
