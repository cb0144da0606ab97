"""What people open, as assets: the analysts' database and the pages of the report."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets import home
from assets.cli.progress import Progress
from assets.defs import nights, publishing
from assets.defs.collection import refusing
from pipeline.settings import Settings
from pipeline.warehouse.models import PUBLISHED_LAYERS, Catalog

DATABASE = "rolecall_database"
PAGES = {
    "index": ("report_index", "The overview: practices, what changed, what could not be read."),
    "summary": ("report_summary", "The night on one page for those who decide; as PDF too, where Chromium is found."),
    "practice": ("report_practices", "A page for each practice: its controls and the AWS systems they read."),
    "controls": ("report_controls", "The list of controls with their scores."),
    "control": ("report_control_pages", "A page for each control: why, how to fix what it finds, and its findings."),
    "accounts": ("report_accounts", "The list of accounts with their scores."),
    "account": ("report_account_pages", "A page for each account: its findings, credentials and coverage."),
    "ous": ("report_ous", "The tree of organizational units with their scores."),
    "ou": ("report_ou_pages", "A page for each organizational unit."),
    "owners": ("report_owners", "The list of owners with the scores of their accounts."),
    "owner": ("report_owner_pages", "A page for each owner, and its findings as CSV."),
    "people": ("report_people", "Who can become administrator, and which long-term credentials to remove first."),
    "guardrails": ("report_guardrails", "Which account meets which objective of the SCPs and RCPs."),
    "least_privilege": ("report_least_privilege", "The users and roles furthest from least privilege, and what to do."),
    "changes": ("report_changes", "What is new, fixed or gone since the night before."),
    "coverage": ("report_coverage", "What could not be read, and why."),
    "exceptions": ("report_exceptions", "The register of exceptions and what each entry covers."),
    "quality": ("report_quality", "The checks on the inputs and what they found."),
}
"""Templates of the report: the asset that their pages are, and what it is."""


def published(settings: Settings, catalog: Catalog, progress: Progress) -> dg.AssetsDefinition:
    """The database from what is published of the models; every kind of page from the database."""
    shown = [model.name for model in catalog.models.values() if model.layer in PUBLISHED_LAYERS]

    @dg.multi_asset(
        name="publish",
        specs=[database_spec(shown), *(page_spec(*asset) for asset in PAGES.values())],
        partitions_def=nights.partitions(settings),
    )
    def publish(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        refusing(lambda: home.hold(settings.home))
        done = refusing(lambda: publishing.publish_night(settings, nights.night_of(settings, context), progress))
        place: dict[str, Any] = {
            "path": dg.MetadataValue.path(str(done.database)),
            "night": done.site.as_of.isoformat(),
        }
        yield dg.MaterializeResult(asset_key=DATABASE, metadata=place)
        index: dict[str, Any] = {"path": dg.MetadataValue.path(str(done.report / "index.html"))}
        for kind, (name, _) in PAGES.items():
            made: dict[str, Any] = {**index, "pages": done.site.kinds.get(kind, 0)}
            yield dg.MaterializeResult(asset_key=name, metadata=made)

    return publish


def database_spec(shown: list[str]) -> dg.AssetSpec:
    return dg.AssetSpec(
        DATABASE,
        deps=shown,
        group_name="published",
        kinds={"duckdb"},
        description="`rolecall.duckdb`: the tables that analysts query, replaced whole each night.",
    )


def page_spec(name: str, text: str) -> dg.AssetSpec:
    return dg.AssetSpec(name, deps=[DATABASE], group_name="report", kinds={"plotly", "html"}, description=text)
