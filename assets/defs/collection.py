"""Collection as assets: plan, then shards of accounts in parallel, then the night landed as a whole.

All raw datasets of a night come from these three steps; each dataset is an asset of its own. A past night cannot be
read again: its existing landing is used.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import dagster as dg

from assets.defs import nights
from assets.defs.steps import holding, refusing
from assets.resources import RunSettings
from pipeline import landing
from pipeline.collect import run
from pipeline.collect.run import AccountRead, OrganizationRead, Plan, ShardResult
from pipeline.night import Night
from pipeline.progress import Progress
from pipeline.publish import notify
from pipeline.schema import EXTRACTS, LEDGER, QUALITY_RESULTS, REGISTER, Dataset
from pipeline.settings import Refused, Settings

RETRIES = dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
GROUPS = {"organization": "raw_organization", "account": "raw_accounts", "region": "raw_regions"}
RUN_GROUP = "raw_run"
ROOT_DATASET, ROLL_DATASET = "organization", "accounts"


class Collect(dg.Config):
    """Run configuration of the first step."""

    judge_only: bool = False
    """Make no AWS calls; use the night's existing landing."""


def key(dataset: Dataset) -> dg.AssetKey:
    return dg.AssetKey(f"raw_{dataset.name}")


def is_over(settings: Settings, night: Night, judge_only: bool) -> bool:
    """Whether to judge the night from its landing. Raises `Refused` if there is no landing to use."""
    nights.check_not_ahead(settings, night)
    if night == nights.today(settings) and not judge_only:
        return False
    if night not in landing.nights(settings.home):
        raise Refused(
            f"{night}: this night was not collected, and accounts can only be read as they are today "
            f"({nights.today(settings)}); there is no {night.landing_folder}"
        )
    return True


def collection(datasets: dict[str, Dataset], partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Every dataset except the check results, which the checks write themselves."""
    first = [name for name in (ROOT_DATASET, ROLL_DATASET) if name in datasets]
    names = dict.fromkeys([*first, *datasets])
    written = {name: datasets[name] for name in names if name != QUALITY_RESULTS.name}
    land = land_step(written)

    @dg.graph(name="collection", out={name: dg.GraphOut() for name in written})
    def graph() -> Any:
        roll, shards = plan_accounts()
        read = shards.map(lambda index: read_accounts(roll, index)).collect()
        return dict(zip(written, land(roll, read), strict=True))

    return dg.AssetsDefinition.from_graph(
        graph,
        keys_by_output_name={name: key(dataset) for name, dataset in written.items()},
        internal_asset_deps={name: upstream(dataset, written) for name, dataset in written.items()},
        partitions_def=partitions,
        group_names_by_output_name={name: group(dataset) for name, dataset in written.items()},
        descriptions_by_output_name={name: describe(dataset) for name, dataset in written.items()},
        metadata_by_output_name={name: metadata(dataset) for name, dataset in written.items()},
        tags_by_output_name={name: kinds(dataset) for name, dataset in written.items()},
    )


@dg.op(
    out={"roll": dg.Out(), "shards": dg.DynamicOut(int)},
    retry_policy=RETRIES,
    description="Reads the organization and splits its accounts into shards.",
)
def plan_accounts(
    context: dg.OpExecutionContext, config: Collect, settings: RunSettings, progress: dg.ResourceParam[Progress]
) -> Iterator[Any]:
    with refusing():
        chosen = settings.load()
        night = nights.night_of(chosen, context)
    with holding(chosen):
        notify.targets(chosen)
        if is_over(chosen, night, config.judge_only):
            context.log.info(f"{night}: judged again from its landing")
            progress.end("collection", "from the landing of the night")
            yield dg.Output(None, "roll")
            return
        roll = run.plan(chosen, night, told(progress))
    yield dg.Output(roll, "roll")
    for index in range(len(roll.shards)):
        yield dg.DynamicOutput(index, mapping_key=f"shard_{index:04d}", output_name="shards")


@dg.op(retry_policy=RETRIES, description="Reads a shard of accounts into the landing, aside from what is there.")
def read_accounts(roll: Plan, index: int, settings: RunSettings, progress: dg.ResourceParam[Progress]) -> ShardResult:
    before = sum(map(len, roll.shards[:index]))
    with refusing():
        return run.collect_shard(settings.load(), roll, index, told(progress, before, roll.accounts))


def land_step(datasets: dict[str, Dataset]) -> dg.OpDefinition:
    @dg.op(
        name="land_night",
        out={name: dg.Out(dg.Nothing) for name in datasets},
        description="Puts what all shards read in the place of the night, whole.",
    )
    def land_night(
        context: dg.OpExecutionContext,
        roll: Plan | None,
        shards: list[ShardResult],
        settings: RunSettings,
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[Any]:
        with refusing():
            chosen = settings.load()
            night = nights.night_of(chosen, context)
            rows = run.commit(chosen, roll) if roll else landing.counts(night)
        if roll:
            unread = sorted(account for shard in shards for account in shard.failed_accounts)
            context.log.info(f"not read, or only in part: {', '.join(unread) or 'none'}")
            unread_text = f", {len(unread)} of them not at all or only in part" if unread else ""
            progress.end("accounts", f"{roll.accounts} called{unread_text}")
        for name in datasets:
            yield dg.Output(None, name, metadata={"dagster/row_count": rows.get(name, 0)})

    return land_night


def told(progress: Progress, done: int = 0, total: int = 0) -> Callable[[OrganizationRead | AccountRead], None]:
    """Progress of one shard as part of the whole: `done` of `total` accounts were read by earlier shards."""
    counted = count(done + 1)

    def tell(event: OrganizationRead | AccountRead) -> None:
        if isinstance(event, OrganizationRead):
            kept = f", {event.carried_over} stay as this night has them" if event.carried_over else ""
            progress.end("organization", f"{event.accounts} accounts, {event.planned} active and in scope{kept}")
        else:
            progress.step("accounts", next(counted), total)

    return tell


def upstream(dataset: Dataset, datasets: dict[str, Dataset]) -> set[dg.AssetKey]:
    """Upstream assets of a dataset: the organization first, then its accounts, then everything read per account."""
    if dataset.name in (ROOT_DATASET, REGISTER.name):
        return set()
    after = ROOT_DATASET if dataset.scope == "organization" and dataset.operations else ROLL_DATASET
    return {key(datasets[after])} if after in datasets else set()


def group(dataset: Dataset) -> str:
    return GROUPS[dataset.scope] if dataset.operations else RUN_GROUP


def kinds(dataset: Dataset) -> dict[str, str]:
    source = "aws" if dataset.operations or dataset in (LEDGER, EXTRACTS) else "toml"
    return {f"dagster/kind/{kind}": "" for kind in (source, "parquet")}


def describe(dataset: Dataset) -> str:
    if not dataset.operations:
        return dataset.description
    return f"{dataset.description}\n\nRead by {', '.join(f'`{operation}`' for operation in dataset.operations)}."


def metadata(dataset: Dataset) -> dict[str, Any]:
    return {
        "dagster/column_schema": dg.TableSchema(
            columns=[
                dg.TableColumn(
                    column.name,
                    column.type,
                    column.description,
                    dg.TableColumnConstraints(
                        nullable=not column.required, unique=len(dataset.key) == 1 and column.name in dataset.key
                    ),
                )
                for column in dataset.columns
            ]
        ),
        "dagster/table_name": f"raw_{dataset.name}",
        "key": ", ".join(dataset.key) or "none",
    }
