"""The checks on the raw tables as asset checks: per table, one for blocking checks and one for warnings.

A night has hundreds of checks and Dagster writes several events per result, which would take longer than the checks
themselves. So one result covers all checks of a table and severity; `quality_results` has them individually.
"""

import json
from collections.abc import Collection, Iterator
from typing import Any

import dagster as dg

from assets.defs import nights, publishing
from assets.defs.collection import key
from assets.defs.steps import holding, refusing
from assets.resources import RunSettings
from pipeline.night import Night
from pipeline.progress import Progress
from pipeline.quality import reconciled
from pipeline.quality.declared import Check
from pipeline.quality.run import QualityResult, validate
from pipeline.schema import QUALITY_RESULTS, Dataset
from pipeline.settings import Settings

NAMES = {"blocking": "must_hold", "warning": "should_hold"}
SEVERITY = {"must_hold": dg.AssetCheckSeverity.ERROR, "should_hold": dg.AssetCheckSeverity.WARN}


def results_asset(datasets: dict[str, Dataset], partitions: dg.PartitionsDefinition[str]) -> dg.AssetSpec:
    """The check results as a raw table. It is written by the checks, so it is an external asset here."""
    checked = [key(dataset) for name, dataset in datasets.items() if name != QUALITY_RESULTS.name]
    return dg.AssetSpec(
        key(QUALITY_RESULTS),
        deps=checked,
        description=QUALITY_RESULTS.description,
        group_name="raw_run",
        kinds={"greatexpectations", "parquet"},
        partitions_def=partitions,
    )


def raw_checks(datasets: dict[str, Dataset]) -> dg.AssetChecksDefinition:
    """All checks as one subsettable step.

    A blocking check that fails for the whole organization stops the run; one that fails only for some accounts marks
    those accounts' extracts as failed, and warns.
    """
    by_asset_check = grouped(reconciled.checks(datasets.values()))

    @dg.multi_asset_check(
        name="raw_checks",
        specs=[spec(name, checks, datasets[dataset]) for (dataset, name), checks in by_asset_check.items()],
        can_subset=True,
    )
    def run(
        context: dg.AssetCheckExecutionContext, settings: RunSettings, progress: dg.ResourceParam[Progress]
    ) -> Iterator[dg.AssetCheckResult]:
        with refusing():
            chosen = settings.load()
            night = nights.night_of(chosen, context)
        selected = {(k.asset_key.path[0].removeprefix("raw_"), k.name) for k in context.selected_asset_check_keys}
        only = (
            None
            if selected == by_asset_check.keys()
            else {check.key for asset_check in selected for check in by_asset_check[asset_check]}
        )
        with holding(chosen):
            results = checked(context.log, chosen, night, progress, only)
        landed = dg.AssetMaterialization(key(QUALITY_RESULTS), partition=str(night))
        context.op_execution_context.log_event(landed)
        for asset_check in sorted(selected):
            mine = [result for result in results if (result.dataset, NAMES[result.severity]) == asset_check]
            yield evaluation(night, *asset_check, mine)
        stop_if_blocked(chosen, night, results)

    return run


def checked(
    log: dg.DagsterLogManager,
    settings: Settings,
    night: Night,
    progress: Progress,
    only: Collection[tuple[str, str]] | None = None,
) -> list[QualityResult]:
    """Run the checks, or `only` those, and say what failed."""
    results = validate(settings, night, only)
    failed = [result for result in results if not result.passed]
    progress.end("checks", outcome(results, [result for result in failed if result.is_blocking]))
    for result in failed:
        tell = log.error if result.is_blocking else log.warning
        tell(f"{result.dataset}.{result.check_name}: {result.message}")
    return results


def stop_if_blocked(settings: Settings, night: Night, results: list[QualityResult]) -> None:
    """Hold the night back if a check blocks it, and end the run."""
    if blocked := [result for result in results if result.is_blocking]:
        reason = publishing.hold_back(settings, night, publishing.failed_checks(blocked))
        raise dg.Failure(f"{night} is not published: {reason}", allow_retries=False)


def grouped(checks: list[Check]) -> dict[tuple[str, str], list[Check]]:
    """The checks by dataset and name of their asset check."""
    groups: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        groups.setdefault((check.dataset, NAMES[check.severity]), []).append(check)
    return groups


def spec(name: str, checks: list[Check], dataset: Dataset) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name,
        asset=key(dataset),
        description="\n".join(f"- `{check.name}`: {check.description}" for check in checks),
        blocking=name == NAMES["blocking"],
    )


def evaluation(night: Night, dataset: str, name: str, results: list[QualityResult]) -> dg.AssetCheckResult:
    failed = [result for result in results if not result.passed]
    samples = {result.check_name: json.loads(json.dumps(result.sample, default=str)) for result in failed}
    counts: dict[str, Any] = {"night": str(night), "checks": len(results), "failed": len(failed)}
    return dg.AssetCheckResult(
        asset_key=f"raw_{dataset}",
        check_name=name,
        passed=not failed,
        severity=SEVERITY[name] if any(result.is_blocking for result in failed) else dg.AssetCheckSeverity.WARN,
        description=" ".join(result.message for result in failed) or None,
        metadata=counts | ({"samples": samples} if failed else {}),
    )


def outcome(results: list[QualityResult], blocked: list[QualityResult]) -> str:
    failed = sum(not result.passed for result in results)
    if blocked:
        return f"{len(blocked)} of {len(results)} checks block the night"
    by_register = sum(bool(result.accepted_by) for result in results)
    if by_register:
        return f"{len(results) - failed} of {len(results)} held, {by_register} failed and the register accepts it"
    by_account = sum(result.is_by_account for result in results)
    if by_account:
        return f"{len(results) - failed} of {len(results)} held, {by_account} failed in accounts that count as not read"
    return f"{len(results) - failed} of {len(results)} held" + (f", {failed} did not and only warn" if failed else "")
