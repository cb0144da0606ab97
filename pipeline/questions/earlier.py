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
        *("stg_roles", "stg_unread_records"),
    }
)
"""The models that who can and what can read."""
OF_MOVERS = frozenset(
    {
        *(
            "int_principal_permissions",
            "int_workloads",
            "int_workloads_unread",
            "int_permission_sets_unread",
            "stg_groups",
            "stg_inline_policies",
        ),
        *("stg_policies", "stg_policy_attachments"),
    }
)
"""What is read beside them to know who can become whom."""


@contextmanager
def landed(settings: Settings, night: Night, also: frozenset[str] = frozenset()) -> Iterator[Published]:
    """A landed night, with `also` these models. Raises `Refused` if there is none of this date. Nothing is written."""
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        raw.attach(con, night, collectors.datasets().values())
        build_models(con, settings, night, also)
        yield Published(con, night.landing_folder)


def build_models(
    con: duckdb.DuckDBPyConnection, settings: Settings, night: Night, also: frozenset[str] = frozenset()
) -> None:
    """Build what questions read over the raw tables of a night."""
    catalog = models.load()
    with build.prepared(con, settings, night, catalog, build.read_at(con, night.as_of)) as work:
        work.comments = None  # nobody reads these tables
        for model in catalog.with_ancestors(READ | also):
            work.make(model)
