"""Lambda: functions."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.estate_answers import paged, things


def list_functions(call: Call) -> dict[str, Any]:
    """Pages of at most fifty, as from AWS, whatever is requested."""
    return paged(call, "Functions", things(call, "functions"), ("Marker", "NextMarker", "MaxItems"), 50)
