"""The report in an S3 bucket, as an asset. It exists only if the setting `publish_to` names a bucket."""

from typing import Any

import dagster as dg

from assets.defs import publishing
from assets.defs.report import PAGES
from assets.defs.steps import holding, refusing
from assets.resources import RunSettings
from pipeline.night import REPORTS
from pipeline.progress import Progress
from pipeline.publish import folder
from pipeline.publish.bucket import Delivered
from pipeline.settings import Refused, Settings

IN_BUCKET = "report_in_bucket"


def delivery(settings: Settings) -> list[dg.AssetsDefinition]:
    """Uploads the night shown in `reports/latest`, after its pages are written."""
    if not settings.publish_to:
        return []

    @dg.asset(
        name=IN_BUCKET,
        deps=[name for name, _ in PAGES.values()],
        group_name="published",
        kinds={"s3", "html"},
        description="The pages of the night in the S3 bucket, and under `latest/` those of the newest.",
    )
    def report_in_bucket(settings: RunSettings, progress: dg.ResourceParam[Progress]) -> dg.MaterializeResult[Any]:
        with refusing():
            chosen = settings.load()
        with holding(chosen):
            return result(delivered(chosen, progress))

    return [report_in_bucket]


def result(done: Delivered) -> dg.MaterializeResult[Any]:
    return dg.MaterializeResult(
        asset_key=IN_BUCKET,
        metadata={"address": done.address, "objects": done.objects, "bytes": done.bytes, "latest": done.is_latest},
    )


def delivered(settings: Settings, progress: Progress) -> Delivered:
    """Upload the report. Raises `Refused` if nothing is published locally, or the upload fails."""
    night = folder.shown(settings.home)
    done = publishing.deliver(settings, night, progress) if night else None
    if done is None:
        raise Refused(f"{settings.home / REPORTS}: nothing is published there yet; `rolecall run` does")
    return done
