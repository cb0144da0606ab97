"""kill -9 of `rolecall run` at every stage: readers find a whole night, and the next run goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import HERMETIC, ROOT, Loopback

pytestmark = pytest.mark.soak

ACCOUNTS = ["729096989405", "877789985464"]
STAGES = ("organization", "accounts", "checks", "models", "published", "database")
LATER = (0.5,)
"""Seconds after the end of a stage at which a run is killed."""
FINDINGS = "select * from findings order by all"


@dataclass
class Home:
    """A home in which nights are run by the command, each in a process of its own."""

    path: Path
    environment: dict[str, str]

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "ignore", "-m", "assets.cli", "run", "--home", str(self.path)]
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, text=True, **output)  # type: ignore[call-overload,no-any-return]

    def run(self) -> list[Any]:
        """Run the night to its end; its findings."""
        with self.start() as process:
            said = process.communicate(timeout=600)[0]
        assert process.returncode in (0, 1), said
        return self.shown()[1]

    def kill(self, stage: str, later: float) -> None:
        """Kill a run so long after the end of a stage, unless it ends before."""
        with self.start() as process:
            assert process.stdout
            for line in process.stdout:
                if line.startswith(stage):
                    break
            try:
                process.wait(later)
            except subprocess.TimeoutExpired:
                process.kill()

    def shown(self) -> tuple[str, list[Any]]:
        """The night that readers find: in the database, and in the report."""
        with duckdb.connect(self.path / "rolecall.duckdb", read_only=True) as con:
            findings = con.execute(FINDINGS).fetchall()
            ((as_of,),) = con.execute("select as_of from contract").fetchall()
        assert (
            (self.path / "reports" / "latest" / "index.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
        )
        return str(as_of), findings


@pytest.fixture(scope="module")
def homes(
    aws_environment: dict[str, str], loopback: Loopback, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Home, Home]]:
    """Two homes after the same first night, at the second: one in which runs are killed, one in which none is."""
    place = tmp_path_factory.mktemp("killed")
    one, two = Home(place / "one", aws_environment), Home(place / "two", aws_environment)
    loopback.reset(1)
    one.run()
    shutil.copytree(one.path, two.path, symlinks=True)
    loopback.reset(2)
    aws_environment["ROLECALL_TODAY"] = str(loopback.nights[1])
    yield one, two
    loopback.reset()


@pytest.fixture(scope="module")
def aws_environment(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ROLECALL_", "DAGSTER_"))}
    settings = loopback.settings(tmp_path_factory.mktemp("unused"))
    own = {name: settings.model_dump(mode="json")[name] for name in settings.model_fields_set - {"home"}}
    own |= {"include_accounts": ACCOUNTS, "today": str(loopback.nights[0])}
    own["exceptions_file"] = str(ROOT / "demo" / "organization" / "exceptions.toml")
    given = {f"ROLECALL_{k.upper()}": v if isinstance(v, str) else json.dumps(v) for k, v in own.items()}
    return kept | HERMETIC | loopback.environment | given


def test_after_any_kill_readers_find_a_whole_night_and_the_next_run_ends_as_if_nothing_had_been(
    homes: tuple[Home, Home], loopback: Loopback
) -> None:
    killed, other = homes
    first, second = (str(night) for night in loopback.nights[:2])
    before = killed.shown()[1]
    after = other.run()
    for stage in STAGES:
        for later in LATER:
            killed.kill(stage, later)
            as_of, findings = killed.shown()
            assert (as_of, findings) in [(first, before), (second, after)], (stage, later)
    assert killed.run() == after
    litter = [
        p.name for p in killed.path.iterdir() if p.name.startswith((".new", ".old", ".rolecall.duckdb", ".latest"))
    ]
    assert litter == []
    assert {p.name for p in (killed.path / "landing").glob("as_of=*")} == {f"as_of={first}", f"as_of={second}"}
    assert [p for p in (killed.path / "landing" / ".run").rglob("*") if p.is_file()] == []
