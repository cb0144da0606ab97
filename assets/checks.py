"""The checks on the raw tables as asset checks: one step, each of them a result of its own."""

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets import home, nights, publishing
from assets.collection import key, refusing
from assets.progress import Progress
from pipeline import quality, reconciliation
from pipeline.checks import Check
from pipeline.quality import QualityResult
from pipeline.schema import QUALITY_RESULTS, Dataset
from pipeline.settings import Settings

SEVERITY = {"blocking": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def results_asset(settings: Settings, datasets: dict[str, Dataset]) -> dg.AssetSpec:
    """The results as a raw table: written with the checks, so it is listed and not run by itself."""
    checked = [key(dataset) for name, dataset in datasets.items() if name != QUALITY_RESULTS.name]
    return dg.AssetSpec(
        key(QUALITY_RESULTS),
        deps=checked,
        description=QUALITY_RESULTS.description,
        group_name="raw_run",
        kinds={"greatexpectations", "parquet"},
        partitions_def=nights.partitions(settings),
    )


def raw_checks(settings: Settings, datasets: dict[str, Dataset], progress: Progress) -> dg.AssetChecksDefinition:
    """All checks as one step that can run any part of them. A blocking one that fails stops what comes after."""
    known = {check.key: check for check in reconciliation.checks(datasets.values())}

    @dg.multi_asset_check(
        name="raw_checks", specs=[spec(check, datasets[check.dataset]) for check in known.values()], can_subset=True
    )
    def run(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        night = nights.as_of(context)
        refusing(lambda: home.hold(settings.home))
        selected = {(k.asset_key.path[0].removeprefix("raw_"), k.name) for k in context.selected_asset_check_keys}
        only = None if selected == known.keys() else selected
        results = refusing(lambda: quality.validate(settings, night, only))
        failed = [result for result in results if not result.passed]
        blocked = [result for result in failed if result.is_blocking]
        progress.end("checks", outcome(results, blocked))
        for result in failed:
            log = context.log.error if result.is_blocking else context.log.warning
            log(f"{result.dataset}.{result.check_name}: {result.message}")
        landed = dg.AssetMaterialization(key(QUALITY_RESULTS), partition=night.isoformat())
        context.op_execution_context.log_event(landed)
        for result in results:
            yield evaluation(result, known[result.key])
        if blocked:
            reason = publishing.hold_back(settings, night, blocked)
            raise dg.Failure(f"{night} is not published: {reason}", allow_retries=False)

    return run


def spec(check: Check, dataset: Dataset) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check.name,
        asset=key(dataset),
        description=check.description,
        blocking=check.severity == "blocking",
        metadata={"expectation": check.expectation},
    )


def evaluation(result: QualityResult, check: Check) -> dg.AssetCheckResult:
    found: dict[str, Any] = {"message": result.message}
    if not result.passed:
        found["unexpected_count"] = result.unexpected_count
        found["sample"] = dg.MetadataValue.json(json.loads(json.dumps(result.sample, default=str)))
    return dg.AssetCheckResult(
        asset_key=f"raw_{result.dataset}",
        check_name=result.check_name,
        passed=result.passed,
        severity=SEVERITY[check.severity],
        description=None if result.passed else result.message,
        metadata={name: value for name, value in found.items() if value is not None},
    )


def outcome(results: list[QualityResult], blocked: list[QualityResult]) -> str:
    failed = sum(not result.passed for result in results)
    if blocked:
        return f"{len(blocked)} of {len(results)} checks block the night"
    return f"{len(results) - failed} of {len(results)} held" + (f", {failed} warnings" if failed else "")
