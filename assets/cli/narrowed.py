"""`rolecall run --sample` and `--only-failed`: the settings of a run that reads part of the accounts."""

from __future__ import annotations

import shutil
from typing import Any

from assets import home
from pipeline.collect import selection
from pipeline.night import Night
from pipeline.settings import Refused, Settings

SAMPLE = "sample"
UNSENT: dict[str, Any] = {"publish_to": None, "notify": []}
UNSENT |= dict.fromkeys(("heartbeat_url", "metrics_file", "otlp_endpoint"))
"""A sample tells nobody, and replaces nothing."""


def sampled(settings: Settings, night: Night, size: int) -> Settings:
    """The settings of a sample: some accounts, in an emptied home of their own, so that no night is mixed with it."""
    place = settings.home / SAMPLE
    chosen = selection.sample(settings, night, size)
    with home.held(place):
        pass
    shutil.rmtree(place)
    return settings.model_copy(update={"home": place, "include_accounts": chosen, **UNSENT})


def failed(settings: Settings, night: Night) -> Settings | None:
    """The settings to read again what tonight lacks; the other accounts stay as they are (`carried_over`).

    None if it lacks nothing.
    """
    lacking = selection.failed(night)
    return settings.model_copy(update={"include_accounts": lacking}) if lacking else None


def narrowed(settings: Settings, night: Night, sample: int | None, only_failed: bool) -> Settings | None:
    """The settings of a run of part of the accounts; None if there is nothing to read. Raises `Refused`."""
    if sample and only_failed:
        raise Refused("--sample and --only-failed exclude each other")
    if sample:
        return sampled(settings, night, sample)
    return failed(settings, night) if only_failed else settings
