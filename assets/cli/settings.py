"""`rolecall settings`: the settings in force, and where each comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.cli.app import DONE, command
from assets.cli.output import RowFormat, print_rows

if TYPE_CHECKING:
    from pipeline.settings import Settings

SECRETS = frozenset({"external_id", "heartbeat_url"})
"""Settings whose values are not printed."""


@command
def settings(
    changed: Annotated[bool, typer.Option("--changed", help="Only settings that are not at their default.")] = False,
    format: Annotated[RowFormat, typer.Option(help="Output format.")] = RowFormat.text,
) -> int:
    """Show the settings in force, and the file or variable that each comes from.

    Example: rolecall --config production.toml settings --changed
    """
    from pipeline import settings as of_pipeline

    chosen = of_pipeline.load()
    check_controls(chosen)
    places = of_pipeline.origins(chosen)
    rows = [
        (name, value(chosen, name), place, type(chosen).model_fields[name].description)
        for name, place in places.items()
        if not changed or place != "default"
    ]
    print_rows(("setting", "value", "from", "description"), rows, format)
    return DONE


def check_controls(chosen: Settings) -> None:
    """Raises `Refused` for settings of controls that a run would refuse."""
    if chosen.controls:
        from pipeline.warehouse import models, parameters

        parameters.check(chosen, models.load())


def value(chosen: Settings, name: str) -> Any:
    """A setting as the settings file would have it; secrets are masked."""
    if name in SECRETS and getattr(chosen, name):
        return "***"
    dumped = chosen.model_dump(mode="json", include={name})[name]
    return dumped if isinstance(dumped, str | None) else json.dumps(dumped)
