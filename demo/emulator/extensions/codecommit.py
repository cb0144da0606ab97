"""CodeCommit: repositories."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.estate_answers import paged, things


def list_repositories(call: Call) -> dict[str, Any]:
    return paged(call, "repositories", things(call, "repositories"), ("nextToken", "nextToken", "maxResults"), 1000)
