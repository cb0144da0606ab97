"""The product as it is installed: a wheel in an environment of its own, in a folder away from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from pipeline import __version__
from pipeline.warehouse import models
from tests.conftest import ROOT

SOURCES = ("pipeline", "reports", "assets", "demo", "sql")
FILES = ("pyproject.toml", "README.md", "LICENSE")
PACKAGES = {"pipeline", "reports", "assets", "demo", f"rolecall-{__version__}.dist-info"}


@dataclass(frozen=True)
class Installed:
    """The command in its environment, and the folder that it is called in."""

    wheel: Path
    command: Path
    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        left_out = ("PYTHON", "ROLECALL_", "DAGSTER_", "AWS_", "COVERAGE")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        return subprocess.run(
            [self.command, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel of this checkout, built without a network and installed without its dependencies.

    Those are taken, by a path, from the environment that runs the tests. So this proves what the wheel holds; that its
    metadata names every package it needs is for `test_what_is_imported_is_asked_for`.
    """
    folder = tmp_path_factory.mktemp("wheel")
    source, environment, elsewhere = folder / "source", folder / "environment", folder / "elsewhere"
    elsewhere.mkdir()
    for name in SOURCES:
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--no-input"]
    build = ["wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run([*pip, *build], check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    install = ["--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*pip, *install], check=True, cwd=folder)
    (packages,) = environment.glob("lib/python3*/site-packages")
    # A path in a .pth file is searched, but no .pth file there is read: the checkout itself stays unknown.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Installed(wheel, environment / "bin" / "rolecall", elsewhere)


def test_a_wheel_holds_the_packages_and_all_models_and_neither_tools_nor_tests(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()
    assert {name.split("/")[0] for name in names} == PACKAGES
    ours = {str(path.relative_to(ROOT)) for path in (ROOT / "sql").rglob("*.sql")}
    assert {name.removeprefix("pipeline/") for name in names if name.endswith(".sql")} == ours


def test_the_installed_command_lists_every_control(installed: Installed) -> None:
    assert installed.run("--version").stdout == f"rolecall {__version__}\n"
    listed = installed.run("controls", "--json")
    assert listed.returncode == 0, listed.stderr
    assert [control["control_id"] for control in json.loads(listed.stdout)] == list(models.load().controls)


@pytest.fixture(scope="module")
def night(installed: Installed) -> Path:
    """The home after the last night of the demo, from the installed command."""
    done = installed.run("demo", "--nights", "1")
    assert done.returncode == 0, done.stderr
    assert "report        var/demo/reports/latest/index.html" in done.stdout
    return installed.folder / "var" / "demo"


@pytest.mark.slow
def test_the_installed_demo_publishes_a_night(night: Path) -> None:
    with duckdb.connect(night / "rolecall.duckdb", read_only=True) as con:
        judged = con.execute("select distinct control_id from findings").fetchall()
    assert {control for (control,) in judged} == set(models.load().controls)
    pages = {path.name for path in (night / "reports" / "latest").iterdir()}
    assert {"index.html", "summary.html", "controls", "practices"} <= pages
    assert (night / "dagster" / "dagster.yaml").read_bytes() == (ROOT / "assets" / "dagster.yaml").read_bytes()


@pytest.mark.slow
def test_the_installed_command_explains_a_finding(installed: Installed, night: Path) -> None:
    with duckdb.connect(night / "rolecall.duckdb", read_only=True) as con:
        query = "select resource from findings where control_id = 'key_rotation' and verdict = 'fail' order by 1"
        (resource,) = con.execute(query).fetchone() or ("none",)
    explained = installed.run("explain", "key_rotation", resource, "--home", str(night), "--format", "json")
    assert explained.returncode == 0, explained.stderr
    assert json.loads(explained.stdout)["verdict"] == "fail"
