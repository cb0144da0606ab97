"""The resources of a run: the settings, which can be changed in the launchpad, and the progress."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg
from pydantic import Field, create_model

from pipeline import settings
from pipeline.settings import Settings

FIXED = frozenset({"home", "owners", "today", "schedule_hour", "schedule_timezone"})
"""Settings that the code location itself depends on (partitions, schedule, locks, owners). A run cannot change them."""
SECRETS = frozenset({"external_id", "heartbeat_url"})
"""Secret settings: passed to Dagster as the name of their environment variable, if set that way."""


class RunSettings(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The settings of the code location, overridden by the run configuration."""

    code_location: ClassVar[Settings]

    def load(self) -> Settings:
        """The settings of this run. Raises `Refused` for an invalid value from the launchpad."""
        here = defaults(self.code_location)
        changed = {name: value for name in here if (value := getattr(self, name)) != here[name]}
        return settings.load(**{**dict(self.code_location), **changed}) if changed else self.code_location


def run_settings(chosen: Settings) -> RunSettings:
    """The resource for these settings, with a field for each setting that a run may change."""
    here = defaults(chosen)
    fields: dict[str, Any] = {
        name: (configurable(of.annotation), Field(here[name], description=of.description))
        for name, of in Settings.model_fields.items()
        if name in here
    }
    model = create_model("RunSettings", __base__=RunSettings, **fields)
    model.code_location = chosen
    return model(**{name: dg.EnvVar(variable(name)) for name in SECRETS if variable(name) in os.environ})


def defaults(chosen: Settings) -> dict[str, Any]:
    """Each setting's value in the form used by Dagster's configuration."""
    values = {name: value for name, value in dict(chosen).items() if name not in FIXED}
    controls = {name: {"enabled": of.enabled, **of.params} for name, of in chosen.controls.items()}
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()} | {
        "controls": controls
    }


def configurable(kind: Any) -> Any:
    """The type of a setting as supported by Dagster's configuration."""
    if kind in (str, int, float, bool, list[str], str | None, date | None):
        return kind
    return dict[str, Any] if getattr(kind, "__origin__", None) is dict else str


def variable(name: str) -> str:
    return f"ROLECALL_{name.upper()}"
