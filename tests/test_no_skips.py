"""The option `--no-skips` of these tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SKIPS = {
    "none": "def test_it() -> None: pass",
    "a test": "import pytest\n\ndef test_it() -> None: pytest.skip('why')",
    "a fixture": "import pytest\n\n@pytest.fixture\ndef it(): pytest.skip('why')\n\ndef test_it(it) -> None: pass",
    "a mark": "import pytest\n\n@pytest.mark.skipif(True, reason='why')\ndef test_it() -> None: pass",
    "a module": "import pytest\n\npytest.skip('why', allow_module_level=True)",
}


def test_a_run_that_skips_fails(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parent / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for what, source in SKIPS.items():
        (tmp_path / f"test_{what.replace(' ', '_')}.py").write_text(source)
    environment = {**os.environ, "PYTEST_ADDOPTS": "", "PYTHONPATH": str(Path(__file__).parent.parent)}

    def run(*arguments: str) -> tuple[int, bool]:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "1", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        return done.returncode, f"{len(SKIPS) - 1} skipped, and --no-skips allows none" in done.stdout

    assert run("--no-skips") == (1, True)
    assert run("--no-skips", "test_none.py") == (0, False)
