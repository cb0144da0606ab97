"""Tables of data in TOML beside the code of a package."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any


def read(package: str, name: str) -> dict[str, Any]:
    """The tables of a TOML file of a package, in the order of the file."""
    return tomllib.loads(files(package).joinpath(name).read_text("utf-8"))
