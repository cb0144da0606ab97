"""Tries Dagster's history in PostgreSQL: `python -m tools.postgres HOME`, on a copy of a home with a published night.

It starts PostgreSQL (Debian: the package postgresql) in a folder of its own on a loopback port, takes the instance
settings of docs/service/dagster-postgres.yaml, judges the newest night by the command line and by Dagster's own run,
forgets what is older than that night, and prints what the database has after each. It installs nothing: needed are
`dagster-postgres` beside this installation, and, where root runs it, the user `postgres`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import yaml

from assets import remembered
from pipeline import landing

SETTINGS = Path(__file__).resolve().parent.parent / "docs" / "service" / "dagster-postgres.yaml"
PROGRAMS = Path("/usr/lib/postgresql")
CONTROL = "key_rotation"
JUDGE_ONLY = {"ops": {"collection": {"ops": {"plan_accounts": {"config": {"judge_only": True}}}}}}


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """A PostgreSQL of its own, with the database and user of the settings; its port."""
    newest = max(PROGRAMS.iterdir(), key=lambda path: int(path.name)) / "bin"
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])

    def call(program: str, *arguments: str) -> None:
        subprocess.run([newest / program, *arguments], check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

    data, log = folder / "data", folder / "log"
    call("initdb", "-D", str(data), "-A", "trust", "-U", "rolecall")
    options = f"-p {port} -k {folder} -h 127.0.0.1"
    call("pg_ctl", "-D", str(data), "-l", str(log), "-w", "-o", options, "start")
    try:
        call("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "rolecall", "rolecall")
        yield port
    finally:
        call("pg_ctl", "-D", str(data), "-m", "fast", "stop")


def settings(port: int) -> str:
    """The documented instance settings, with this server in place of the example's."""
    document = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    document["storage"]["postgres"]["postgres_db"] |= {"hostname": "127.0.0.1", "port": port}
    return str(yaml.safe_dump(document))


def counted(what: str, seconds: float) -> None:
    """Print what the instance has."""
    with dg.DagsterInstance.get() as instance:
        runs = [run.status.value for run in instance.get_runs()]
        nights = sorted(instance.get_materialized_partitions(dg.AssetKey(CONTROL)))
        print(f"{what}: {seconds:.0f} s; runs {runs}, assets {len(instance.all_asset_keys())}, nights {nights}")


def main(home: Path) -> int:
    night = str(max(landing.nights(home)))
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as instance,
        server(Path(folder)) as port,
    ):
        Path(instance, "dagster.yaml").write_text(settings(port), encoding="utf-8")
        given = {"DAGSTER_HOME": instance, "DAGSTER_POSTGRES_PASSWORD": "any", "ROLECALL_HOME": str(home.resolve())}
        os.environ |= given | {"ROLECALL_RENDER_PDF": "false"}
        config = Path(instance, "config.yaml")
        config.write_text(yaml.safe_dump(JUDGE_ONLY), encoding="utf-8")
        partition = f'{{"dagster/partition": "{night}"}}'
        job = ["job", "execute", "-m", "assets.definitions", "-j", "nightly", "--tags", partition, "-c", str(config)]
        for what, arguments in {
            "command line": ["assets.cli", "run", "--judge-only", "--as-of", night],
            "run of Dagster": ["dagster", *job],
        }.items():
            started = time.monotonic()
            done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True)
            if not 0 <= done.returncode <= (what == "command line"):  # 1 of ours: published, with something unread
                print(done.stdout, done.stderr, sep="\n")
                return done.returncode
            counted(what, time.monotonic() - started)
        started = time.monotonic()
        with dg.DagsterInstance.get() as kept:
            remembered.forget(kept, "9999-01-01")
        counted("forgotten", time.monotonic() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
