"""How the report scales with the number of accounts: pages per second and peak memory.

`python -m tools.bench_report` multiplies a published night of the synthetic organization in SQL to databases of
1,250 accounts and more, and renders each in a separate process.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import log2
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from pipeline.night import DATABASE
from pipeline.settings import Refused
from reports import site
from tools.multiplied import multiply

SIZES = "1250,2500,5000,10000"
NIGHTS = 2
"""Trend and changes need at least two nights."""
LEVEL = 0.9
MIB = 2**20
MAXRSS = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of `ru_maxrss`."""


P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Measured:
    """Building one site: wall and processor time in seconds, everything else in bytes."""

    accounts: int
    pages: int
    seconds: float
    processor: float
    peak: int
    page_bytes: int
    largest_account: int
    overview: int

    @property
    def speed(self) -> float:
        """Pages per second of processor time, which other processes do not affect."""
        return self.pages / self.processor


def measure(database: Path, folder: Path, accounts: int) -> Measured:
    """Build the site of a database. Memory is the peak of this process."""
    started, before = time.perf_counter(), time.process_time()
    built = site.build(database, folder)
    seconds, processor = time.perf_counter() - started, time.process_time() - before
    return Measured(
        accounts=accounts,
        pages=len(built.pages),
        seconds=seconds,
        processor=processor,
        peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS,
        page_bytes=built.page_bytes,
        largest_account=max((folder / page).stat().st_size for page in built.pages if page.startswith("accounts/")),
        overview=(folder / "index.html").stat().st_size,
    )


def alone(work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Run in a child process. The parent must stay small: its memory counts in the peak of its children."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args, **options).result()


def run_nights(home: Path) -> None:
    """Run the first nights of the synthetic organization."""
    from assets.cli.demonstration import environment, served
    from assets.cli.runner import run_night
    from pipeline.night import Night
    from tools.bench import Stopwatch

    with served() as organization, environment(organization.environment):
        for as_of in organization.nights[:NIGHTS]:
            organization.turn_to(as_of)
            run_night(organization.settings(home, as_of), Night(home, as_of), Stopwatch())


@contextmanager
def published(home: Path | None) -> Iterator[Path]:
    """The published database of a home, or of a temporary one during a block."""
    with tempfile.TemporaryDirectory() as folder:
        if home is None:
            alone(run_nights, Path(folder))
        database = (home or Path(folder)) / DATABASE
        if not database.is_file():
            raise Refused(f"--home {home}: nothing is published there; run a night of it first")
        yield database


def grown(base: Path, accounts: int) -> Measured:
    """Measure one size, from database to site; both are removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / DATABASE
        alone(multiply, base, database, accounts)
        return alone(measure, database, Path(folder) / "site", accounts)


def shown(measured: list[Measured]) -> Table:
    """The results. More: peak memory above the smallest size. Account: its largest page. Index: the overview."""
    heads = ("Accounts", "Pages", "Seconds", "of CPU", "Pages/s", "Peak\nMiB", "More\nMiB", "Pages\nMiB")
    table = Table(*heads, "Account\nKiB", "Index\nKiB", box=None, pad_edge=False)
    least = min(size.peak for size in measured)
    for size in measured:
        table.add_row(
            f"{size.accounts:,}",
            f"{size.pages:,}",
            f"{size.seconds:.1f}",
            f"{size.processor:.1f}",
            f"{size.speed:.0f}",
            f"{size.peak / MIB:,.0f}",
            f"{(size.peak - least) / MIB:,.0f}",
            f"{size.page_bytes / MIB:,.0f}",
            f"{size.largest_account / 1024:,.0f}",
            f"{size.overview / 1024:,.0f}",
        )
    return table


def says(measured: list[Measured]) -> str:
    """One sentence on how speed and memory change when the number of accounts doubles."""
    steps = [(less, more, 1 / log2(more.accounts / less.accounts)) for less, more in pairwise(measured)]
    speeds = [(more.speed / less.speed) ** power for less, more, power in steps]
    peaks = [(more.peak / less.peak) ** power for less, more, power in steps]
    level = "stay level" if min(speeds) >= LEVEL else f"fall, at worst to {min(speeds):.0%}"
    linear = "linearly or less" if max(peaks) <= 2 else f"faster than the accounts, at worst {max(peaks):.2f} times"
    return (
        f"With twice the accounts, pages/s are {_times(speeds)} times as many and memory {_times(peaks)} times as "
        f"much: pages/s {level}; memory grows {linear}."
    )


def _times(ratios: list[float]) -> str:
    return ", ".join(f"{ratio:.2f}" for ratio in ratios)


def _sizes(text: str) -> list[int]:
    try:
        sizes = sorted({int(size) for size in text.split(",")})
    except ValueError:
        sizes = [0]
    if sizes[0] < 1:
        raise Refused(f"--accounts {text}: give whole numbers above zero with commas between them, such as {SIZES}")
    return sizes


def main(
    accounts: Annotated[str, typer.Option(help="How many accounts: sizes, with commas between.")] = SIZES,
    home: Annotated[Path | None, typer.Option(help="Home of a published night, in place of a new one.")] = None,
) -> None:
    """Pages per second and peak memory of the report by number of accounts."""
    from assets.cli.app import complain

    console = Console()
    try:
        sizes = _sizes(accounts)
        with published(home) as base:
            measured = [grown(base, size) for size in sizes]
    except Refused as refused:
        raise typer.Exit(complain(str(refused))) from None
    console.print(
        "Pages per second of processor time, peak memory and how much more than the least, bytes of all pages,"
    )
    console.print("of the largest account page and of the overview:")
    console.print(shown(measured))
    if len(measured) > 1:
        console.print(says(measured), soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
