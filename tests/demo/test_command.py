"""``python -m demo``: the ready line, and ending when it should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import demo
from demo.__main__ import main
from demo.organization.examples import as_table
from demo.organization.nights import changes_as_table

SERVE = [sys.executable, "-m", "demo", "serve"]


def test_prints_one_line_when_ready_and_ends_on_sigterm():
    with subprocess.Popen([*SERVE, "--night", "2"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert process.stdout.read() == ""
    assert line["endpoint"].startswith("http://127.0.0.1:")
    assert line["environment"]["AWS_ENDPOINT_URL"] == line["endpoint"]
    assert (line["nights"][0], line["nights"][-1], line["night"]) == ("2026-11-16", "2026-11-23", 2)
    assert set(line) == {"endpoint", "environment", "role_name", "external_id", "nights", "night"}


def test_ends_with_its_parent():
    script = (
        "import os, subprocess\n"
        f"child = subprocess.Popen({[*SERVE, '--with-parent']!r}, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    parent = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, timeout=20)
    child = int(parent.stdout)
    deadline = time.monotonic() + 10
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _is_running(child)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3]


def test_refuses_a_night_that_is_not():
    answer = subprocess.run([*SERVE, "--night", "9"], capture_output=True, text=True, timeout=20)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "night must be 1 to 8" in answer.stderr


def test_readme_has_the_tables(capsys):
    readme = (Path(demo.__file__).parent / "README.md").read_text()
    assert as_table() in readme
    assert changes_as_table() in readme
    assert main(["changes"]) == 0
    assert capsys.readouterr().out.strip() == changes_as_table()
