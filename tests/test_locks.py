"""What is installed: the locks, what they leave out, and what the packages of ours import."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)((?: ;.*?)?)((?: \\\n +--hash=sha256:[0-9a-f]{64})+)\n", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """Version of each package of a lock; asserts that the lock holds nothing but pins with hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert PIN.sub("", text) == "", f"{name}: run `make lock`"
    return {match[1]: match[2] for match in PIN.finditer(text)}


def asked(*lists: list[str]) -> list[Requirement]:
    return [Requirement(text) for names in lists for text in names]


@pytest.mark.parametrize(
    ("lock", "lists"),
    [
        ("requirements.lock", [PROJECT["dependencies"]]),
        ("requirements-dev.lock", [PROJECT["dependencies"], EXTRAS["demo"], EXTRAS["otel"], EXTRAS["dev"]]),
    ],
)
def test_a_lock_has_what_the_project_asks_for(lock: str, lists: list[list[str]]) -> None:
    pinned = pins(lock)
    for requirement in asked(*lists):
        version = pinned.get(canonicalize_name(requirement.name), "none")
        assert version in requirement.specifier, f"{requirement} is {version} in {lock}: run `make lock`"


def test_production_has_the_same_versions_and_neither_the_demo_nor_the_tests() -> None:
    production, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert production.items() <= development.items()
    assert not production.keys() & {canonicalize_name(r.name) for r in asked(EXTRAS["demo"], EXTRAS["dev"])}


@pytest.mark.parametrize("package", ["pipeline", "reports", "assets", "demo"])
def test_what_is_imported_is_asked_for(package: str) -> None:
    """Every package that a module of ours imports is in the project's list, or in the extra that it is for."""
    ours = {"pipeline", "reports", "assets", "demo"} | sys.stdlib_module_names
    lists = [PROJECT["dependencies"], EXTRAS["otel"], *([EXTRAS["demo"]] if package == "demo" else [])]
    named = {canonicalize_name(requirement.name) for requirement in asked(*lists)}
    providers = packages_distributions()
    for path in sorted((ROOT / package).rglob("*.py")):
        for module in modules(path) - ours:
            assert {canonicalize_name(name) for name in providers.get(module, [module])} & named, (path, module)


def modules(path: Path) -> set[str]:
    """Top-level modules that a file imports."""
    tree = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name.split(".")[0] for node in tree if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module.split(".")[0] for node in tree if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("exit 1", "Rolecall needs Python 3.11, 3.12 or 3.13; {} is Python 3.14.0"),
        ('test "$2" = "import ensurepip, venv" && exit 1; exit 0', "{} has no venv or no pip of its own"),
    ],
)
def test_another_python_or_one_without_venv_is_one_sentence(tmp_path: Path, script: str, says: str) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.14.0" && exit 0\n{script}\n')
    python.chmod(0o755)
    shell = shutil.which("sh")
    assert shell
    done = subprocess.run(
        [shell, ROOT / "tools" / "venv.sh", "no-such-python", python], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith(says.format(python))
    assert not (tmp_path / ".venv").exists()
