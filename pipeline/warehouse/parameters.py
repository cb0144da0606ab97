"""Settings of controls, validated before the first call to AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.settings import Refused, Settings
from pipeline.warehouse.models import Catalog
from pipeline.warehouse.query import close_to

LARGEST = 1_000_000
"""No parameter means anything beyond it, and dates that are counted from it would not exist."""


def check(settings: Settings, catalog: Catalog) -> None:
    """Raise `Refused` for settings of unknown controls or unknown parameters."""
    for name in settings.controls:
        if name not in catalog.controls:
            raise Refused(
                f"Settings: controls.{name}: there is no such control{close_to(name, catalog.controls)}; "
                "see `rolecall controls`"
            )
        of_control(settings, name, catalog.controls[name].header.params)


def of_control(settings: Settings, control: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a control: the header's, overridden by the settings. Raises `Refused`."""
    own = settings.controls.get(control)
    own_params = own.params if own else {}
    for name, value in own_params.items():
        if name not in defaults:
            allowed = ", ".join(defaults) or "none"
            close = close_to(name, defaults)
            raise Refused(f"Settings: controls.{control}.{name}: no such parameter{close}; it has {allowed}")
        if problem := fault(name, value, defaults[name]):
            raise Refused(f"Settings: controls.{control}.{name}: {value!r} is not {problem}")
    return {**defaults, **own_params}


def fault(name: str, value: Any, default: Any) -> str:
    """The type a value must have to replace the default; '' if it has it."""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, (int, float)):
        is_number = isinstance(value, (int, type(default))) and not isinstance(value, bool)
        kind = "a whole number" if isinstance(default, int) else "a number"
        if name.endswith("_percent"):
            return "" if is_number and 0 <= value <= 100 else f"{kind} from 0 to 100"
        return "" if is_number and 0 <= value <= LARGEST else f"{kind} from 0 to {LARGEST}"
    if isinstance(default, list):
        return "" if isinstance(value, list) and all(isinstance(item, str) for item in value) else "a list of texts"
    return "" if isinstance(value, type(default)) else "a text"
