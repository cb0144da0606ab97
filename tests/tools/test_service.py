"""The units and the image of docs/service: what they start exists, and a running service shows it."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
import yaml
from botocore.session import Session
from botocore.validate import ParamValidator

from assets.cli import main
from pipeline.settings import Settings
from tests.assets.cli.support import check_parses
from tests.conftest import ROOT, Loopback

FOLDER = ROOT / "docs" / "service"
UNITS = sorted(FOLDER.glob("rolecall*.*"))


def unit(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_one_of_systemd(path: Path, tmp_path: Path) -> None:
    """By systemd itself where it is installed, with programs that exist there."""
    sections = unit(path)
    assert sections.has_section("Unit")
    assert sections.has_section("Service" if path.suffix == ".service" else "Timer")
    if verify := shutil.which("systemd-analyze"):
        for other in UNITS:
            text = other.read_text().replace("/opt/rolecall/bin/rolecall", "/bin/true").replace("User=rolecall\n", "")
            (tmp_path / other.name).write_text(text)
        done = subprocess.run([verify, "verify", "--man=no", str(tmp_path / path.name)], capture_output=True, text=True)
        assert (done.returncode, [line for line in done.stderr.splitlines() if str(tmp_path) in line]) == (0, [])


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.name)
def test_a_service_starts_a_command_that_exists(path: Path) -> None:
    program, *arguments = shlex.split(unit(path)["Service"]["ExecStart"])
    assert program == "/opt/rolecall/bin/rolecall"
    typer.main.get_command(main.app).make_context("rolecall", arguments, resilient_parsing=True)
    assert arguments[0] in typer.main.get_command(main.app).commands  # type: ignore[attr-defined]


def test_the_image_installs_the_locked_packages_and_is_not_root() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    assert "--require-hashes -r requirements.lock" in text
    assert text.index("USER 10001") < text.index("ENTRYPOINT")
    fields = {f"ROLECALL_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"ROLECALL_\w+", text)) <= fields


def variables(names: Iterable[str]) -> set[str]:
    """Those of the names that are variables of ours and no setting."""
    fields = {f"ROLECALL_{name.upper()}" for name in Settings.model_fields}
    return {name for name in names if name.startswith("ROLECALL_")} - fields


def test_the_task_definition_is_one_of_ecs() -> None:
    task = json.loads((FOLDER / "ecs-task.json").read_text())
    shape = Session().get_service_model("ecs").operation_model("RegisterTaskDefinition").input_shape
    assert ParamValidator().validate(task, shape).generate_report() == ""
    (container,) = task["containerDefinitions"]
    check_parses(container["command"])
    assert variables(one["name"] for one in (*container["environment"], *container["secrets"])) == set()
    assert {one["sourceVolume"] for one in container["mountPoints"]} == {one["name"] for one in task["volumes"]}
    assert container["user"] != "root"


def test_the_cron_job_keeps_its_home_and_runs_alone() -> None:
    claim, job = yaml.safe_load_all((FOLDER / "cronjob.yaml").read_text())
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    check_parses(container["args"])
    assert {one["name"] for one in container["volumeMounts"]} == {one["name"] for one in pod["volumes"]}
    home = next(one for one in pod["volumes"] if one["name"] == "home")
    assert home["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert f"USER {pod['securityContext']['runAsUser']}" in (FOLDER / "Dockerfile").read_text()


def test_the_values_for_the_chart_of_dagster_run_the_code_location_alone() -> None:
    values = yaml.safe_load((FOLDER / "helm-values.yaml").read_text())
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    (location,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    assert deployment["dagsterApiGrpcArgs"] == ["--module-name", location["python_module"]["module_name"]]
    assert deployment["image"]["tag"] == version("rolecall")
    assert deployment["includeConfigInLaunchedRuns"]["enabled"]
    assert variables(one["name"] for one in deployment["env"]) == set()
    assert {one["name"] for one in deployment["volumeMounts"]} == {one["name"] for one in deployment["volumes"]}
    claim, job = yaml.safe_load_all((FOLDER / "cronjob.yaml").read_text())
    assert deployment["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert deployment["podSecurityContext"] == pod["securityContext"]
    instance = yaml.safe_load((ROOT / "assets" / "dagster.yaml").read_text())
    daemon = values["dagsterDaemon"]
    runs = daemon["runCoordinator"]["config"]["queuedRunCoordinator"]["maxConcurrentRuns"]
    assert runs == instance["concurrency"]["runs"]["max_concurrent_runs"]
    assert daemon["runMonitoring"]["enabled"] is instance["run_monitoring"]["enabled"]
    assert values["telemetry"]["enabled"] is instance["telemetry"]["enabled"] is False


def test_compose_starts_what_exists_and_listens_to_this_machine_only() -> None:
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    for service in compose["services"].values():
        check_parses(service["command"])
        build = (FOLDER / service["build"]["context"]).resolve()
        assert (build / service["build"]["dockerfile"]).is_file()
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert service["volumes"][0].split(":")[0] in compose["volumes"]


def test_the_instance_on_postgres_is_the_homes_own_but_for_its_storage() -> None:
    document = yaml.safe_load((FOLDER / "dagster-postgres.yaml").read_text())
    database = document.pop("storage")["postgres"]["postgres_db"]
    assert document == yaml.safe_load((ROOT / "assets" / "dagster.yaml").read_text())
    assert database["scheme"] == "postgresql+psycopg2"
    assert database["password"] == {"env": "DAGSTER_POSTGRES_PASSWORD"}


def test_the_image_leaves_out_what_was_read() -> None:
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", "var"} <= set(left_out)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answered(address: str) -> bytes:
    """The first answer from a server that is starting."""
    for _ in range(240):
        with suppress(OSError), urllib.request.urlopen(address, timeout=30) as answer:
            return bytes(answer.read())
        time.sleep(0.5)
    raise AssertionError(f"{address} does not answer")


@pytest.mark.slow
def test_the_web_server_starts_on_loopback_with_the_settings_of_the_home(tmp_path: Path, loopback: Loopback) -> None:
    port = free_port()
    command = [sys.executable, "-m", "assets.cli", "dagster", "webserver", "--port", str(port), "--home", "home"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **loopback.environment}
    environment.pop("DAGSTER_HOME", None)
    with subprocess.Popen(command, cwd=tmp_path, env=environment) as process:
        try:
            assert b"dagster_webserver_version" in answered(f"http://127.0.0.1:{port}/server_info")
        finally:
            process.send_signal(signal.SIGTERM)
    assert "max_concurrent_runs: 1" in (tmp_path / "home" / "dagster" / "dagster.yaml").read_text()
