"""Services of AWS, and actions that IAM tracks, as services.toml has them."""

from __future__ import annotations

from demo import tables

_TABLES = tables.read("demo.emulator", "services.toml")

SERVICES: list[str] = _TABLES["services"]
COMMON: list[str] = _TABLES["common"]
TRACKED: dict[str, list[str]] = _TABLES["tracked"]
