"""Definitions of settings for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.settings import Settings


def settings(home: Path, **more: Any) -> Settings:
    return Settings.model_construct(home=home, **more)
