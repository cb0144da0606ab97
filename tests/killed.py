"""Kill points: a stage is begun again and again, and killed before its first, second ... change of the file system.

`python -m tests.killed FOLDER` prints, as JSON, what was found after each kill and after the next run. A process of its
own, because it forks.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any

from pipeline import collectors, landing
from pipeline.night import Night
from pipeline.publish import folder, retention
from pipeline.warehouse import store

AS_OF = date(2026, 11, 20)
CALLS = ("rename", "replace", "unlink", "rmdir", "mkdir", "symlink", "remove", "link")
ALIASES = collectors.datasets()["account_aliases"]
LARGE = 300_000


@dataclass(frozen=True)
class Stage:
    """What a run does to a home, given the number of the run, and which run's work a reader finds there."""

    work: Callable[[Path, int], None]
    found: Callable[[Path], int]


def land(home: Path, run: int) -> None:
    night = Night(home, AS_OF)
    landing.recover(home)
    part_folder = landing.begin(night, f"run-{run}")
    with landing.Part(part_folder, "shard") as part:
        part.add("1", {"account_aliases": ALIASES.table([{"account_id": "1", "alias": str(run)}])})
    landing.note(part_folder, "plan", str(run))
    landing.commit(night, f"run-{run}")


def landed(home: Path) -> int:
    landing.recover(home)
    (row,) = landing.read(Night(home, AS_OF), ALIASES).to_pylist()
    return int(row["alias"])


def report(home: Path, run: int) -> None:
    with folder.report(Night(home, AS_OF)) as aside:
        for name in ("index.html", "a.html", "b.html"):
            (aside / name).write_text(str(run))
    retention.prune(retention.outdated(home, 0, 1, []))


def reported(home: Path) -> int:
    pages = {(home / "reports" / "latest" / name).read_text() for name in ("index.html", "a.html", "b.html")}
    (run,) = pages
    return int(run)


def judge(home: Path, run: int) -> None:
    """A night's tables in place of those of the night before; its space is given back."""
    with store.writing(home) as con:
        con.execute(f"create or replace table run as select {run} as number, random() as x from range({LARGE})")
        os.replace(home / "mark", home / "mark")  # a change of the file system within the transaction


def was_judged(home: Path) -> int:
    with store.reading(home) as con:
        ((number,),) = con.execute("select distinct number from run").fetchall()
    return int(number)


STAGES = {"landing": Stage(land, landed), "report": Stage(report, reported), "warehouse": Stage(judge, was_judged)}


def killed(stage: Stage, home: Path, run: int, point: int) -> bool:
    """Run a stage in a child that is killed before its change number `point`; whether it came to that."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status)
    changes = 0

    def counted(change: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(change)
        def wrapped(*args: Any, **options: Any) -> Any:
            nonlocal changes
            changes += 1
            if changes == point:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*args, **options)

        return wrapped

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))
    stage.work(home, run)
    os._exit(0)


def tried(stage: Stage, home: Path) -> list[tuple[int, int, int]]:
    """By kill point: the run before, the one found after the kill, and the one found after the next run."""
    home.mkdir(parents=True)
    (home / "mark").touch()
    stage.work(home, 1)
    run, seen = 1, []
    while True:
        before, run = run, run + 2
        if not killed(stage, home, run - 1, len(seen) + 1):
            return seen
        after = stage.found(home)
        stage.work(home, run)
        seen.append((before, after, stage.found(home)))


def main(place: Path) -> None:
    found = {name: tried(stage, place / name) for name, stage in STAGES.items()}
    left = {name: sorted(str(path.relative_to(place / name)) for path in litter(place / name)) for name in STAGES}
    print(json.dumps({"found": found, "left": left}))


def litter(home: Path) -> list[Path]:
    """What is in a home that no run needs."""
    known = {".lock", "mark", "landing", "reports", "latest", "nights.js", "warehouse.duckdb", ".run"}
    known |= {f"as_of={AS_OF}", str(AS_OF)}
    inside = [*home.iterdir(), *(home / "landing").glob("*"), *(home / "reports").glob("*")]
    return [path for path in [*inside, *(home / "landing" / ".run").glob("*/*")] if path.name not in known]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
