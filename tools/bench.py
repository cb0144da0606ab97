"""What a night costs, and how that grows with the organization: `python -m tools.bench [--quick]`.

Nights of the synthetic organization are read from its loopback server, which runs in another process, and multiplied to
larger organizations (`tools.landings`). Each stage runs in a process of its own, so that its processor time and its
peak memory are its own; times are of the processor, which other programs disturb least, and are compared with two
measures of the same run: one scan of the landing by DuckDB, and a script that only calls AWS. Writes
docs/performance.md, and adds a line to docs/performance.jsonl.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

from assets.cli.demonstration import Organization, environment, served
from pipeline import collectors, landing
from pipeline.night import DATABASE, Night
from pipeline.rows import quoted
from pipeline.settings import Settings
from tools import bench_page
from tools.bench_page import Cost
from tools.landings import multiply

SIZES, QUICK = (45, 250, 1_000), (45, 250)
MIB = 2**20
MAXRSS = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of `ru_maxrss`."""


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Only the two smallest sizes.")] = False,
    output: Annotated[Path, typer.Option(help="Folder of the page and its results.")] = Path("docs"),
) -> None:
    """Measure, and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        of_nights = collected(home, quick)
        sources = landing.nights(home)
        sizes = {size: measured(sources, Path(folder) / str(size), size) for size in (QUICK if quick else SIZES)}
    bench_page.write(output, is_quick=quick, nights=of_nights, sizes=sizes)
    typer.echo(f"{output / bench_page.PAGE} is written")


def alone(work: Callable[..., dict[str, Any]], *args: object) -> Cost:
    """The cost of a function in a new process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_timed, work, args).result()


def _timed(work: Callable[..., dict[str, Any]], args: tuple[object, ...]) -> Cost:
    started = time.process_time()
    details = work(*args)
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS / MIB
    return Cost(round(seconds, 2), round(peak), details)


# -- nights that are read


def collected(home: Path, is_quick: bool) -> dict[str, Cost]:
    """The costs of a plain script and of nights: two are read, and whole ones are run of one account and of all."""
    with served() as organization, environment(organization.environment):
        one = {"include_accounts": [_member(organization)]}
        costs = {"whole, one account": alone(night, organization, home.with_name("one"), one)}
        if not is_quick:
            costs["whole"] = alone(night, organization, home.with_name("whole"), {})
        costs["read"] = alone(reading, organization, home, 0)
        costs["bare script"] = alone(bare, organization, home)
        organization.turn_to(organization.nights[1])
        costs["read, second night"] = alone(reading, organization, home, 1)
    return costs


def _member(organization: Organization) -> str:
    """The least account id that the organization lists beside its management account."""
    import boto3

    accounts = boto3.client("organizations", region_name="us-east-1").get_paginator("list_accounts").paginate()
    own = boto3.client("sts", region_name="us-east-1").get_caller_identity()["Account"]
    return min(str(a["Id"]) for page in accounts for a in page["Accounts"] if a["Id"] != own and a["State"] == "ACTIVE")


class Stopwatch:
    """Progress that records the processor seconds of each stage."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self.last = time.process_time()

    def step(self, stage: str, done: int, total: int) -> None: ...

    def end(self, stage: str, outcome: str) -> None:
        now = time.process_time()
        self.stages[stage] = round(self.stages.get(stage, 0) + now - self.last, 2)
        self.last = now


def night(organization: Organization, home: Path, more: dict[str, Any]) -> dict[str, Any]:
    """Run the first night whole, with its imports; the seconds of its stages, and its calls."""
    from assets.cli.runner import run_night

    watch = Stopwatch()
    watch.end("imports", "")
    settings = organization.settings(home, organization.nights[0], **more)
    of = Night(home, organization.nights[0])
    run_night(settings, of, watch)
    return {"stages": watch.stages} | _read(of)


def reading(organization: Organization, home: Path, number: int) -> dict[str, Any]:
    """Read a night of the whole organization, and land it."""
    from pipeline.collect import run

    settings = organization.settings(home, organization.nights[number])
    of = Night(home, organization.nights[number])
    plan = run.plan(settings, of)
    for index in range(len(plan.shards)):
        run.collect_shard(settings, plan, index)
    run.commit(settings, plan)
    return _read(of)


def _read(night: Night) -> dict[str, Any]:
    """The calls that the ledger of a night has, and the accounts that it read."""
    ledger = landing.read(night, collectors.datasets()["ledger"])
    return {"calls": sum(ledger["calls"].to_pylist()), "accounts": _accounts(night)}


def _accounts(night: Night) -> int:
    rows = landing.read(night, collectors.datasets()["accounts"]).to_pylist()
    return sum(1 for row in rows if row["is_in_scope"] and row["state"] == "ACTIVE")


def bare(organization: Organization, home: Path) -> dict[str, Any]:
    """In each account, a role is assumed, and its authorization details and summary are read, and not kept."""
    import boto3

    ids = [
        row["account_id"]
        for row in landing.read(landing.nights(home)[0], collectors.datasets()["accounts"]).to_pylist()
    ]
    sts, calls = boto3.client("sts", region_name="us-east-1"), 0
    for account_id in ids:
        arn = f"arn:aws:iam::{account_id}:role/{organization.role_name}"
        try:
            role = sts.assume_role(RoleArn=arn, RoleSessionName="bare", ExternalId=organization.external_id)
        except sts.exceptions.ClientError:
            continue  # suspended, or it denies
        keys = role["Credentials"]
        session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        iam = session.client("iam", region_name="us-east-1")
        pages = sum(1 for _ in iam.get_paginator("get_account_authorization_details").paginate())
        iam.get_account_summary()
        calls += pages + 2
    return {"calls": calls}


# -- nights that are judged


def measured(sources: list[Night], home: Path, accounts: int) -> dict[str, Any]:
    """The costs of each stage for this many accounts: `stages`, and the seconds and rows of each table in `tables`."""
    made = alone(multiplied, sources, home, accounts)
    first, second = landing.nights(home)
    settings = Settings.model_construct(home=home, today=second.as_of)
    stages = {"multiplying": made, "scan": alone(scan, second)}
    stages["checks"] = alone(checks, settings, second)
    stages["models, first night"] = alone(models, settings, first)
    stages["models"] = alone(models, settings, second)
    stages["publish"] = alone(publish, settings, second)
    stages["pages"] = alone(pages, home)
    return {"accounts": _accounts(second), "roles": landing.counts(second)["roles"], "stages": stages}


def multiplied(sources: list[Night], home: Path, accounts: int) -> dict[str, Any]:
    multiply(sources, home, accounts)
    return {}


def scan(night: Night) -> dict[str, Any]:
    """Read every value of the landing once, and add up hashes."""
    with duckdb.connect() as con:
        for dataset in collectors.datasets().values():
            if files := [quoted(str(file)) for file in landing.files(night, dataset)]:
                con.execute(f"select sum(hash(t)::hugeint) from read_parquet([{', '.join(files)}]) as t").fetchall()
    return {}


def checks(settings: Settings, night: Night) -> dict[str, Any]:
    from pipeline.quality import run

    results = run.validate(settings, night)
    return {"held": sum(result.passed for result in results), "of": len(results)}


def models(settings: Settings, night: Night) -> dict[str, Any]:
    """Build the night's tables; [seconds, rows] by table."""
    from pipeline.warehouse import build

    tables: dict[str, list[float]] = {}
    last = time.process_time()

    def on_model(built: build.Built) -> None:
        nonlocal last
        now = time.process_time()
        tables[built.name] = [round(now - last, 3), built.rows]
        last = now

    build.build(settings, night, None, on_model)
    return {"tables": tables}


def publish(settings: Settings, night: Night) -> dict[str, Any]:
    from pipeline.publish import database

    path, _ = database.publish(settings, night)
    return {"MB": round(path.stat().st_size / 1e6, 1)}


def pages(home: Path) -> dict[str, Any]:
    from reports import site

    made = site.build(home / DATABASE, home / "pages")
    size = sum(file.stat().st_size for file in (home / "pages").rglob("*") if file.is_file())
    return {"pages": len(made.pages), "MB": round(size / 1e6, 1)}


if __name__ == "__main__":
    typer.run(main)
