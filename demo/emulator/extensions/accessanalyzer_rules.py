"""Access Analyzer: archive rules and access previews."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.extensions.accessanalyzer import paged
from demo.organization import oversight
from demo.organization.model import Analyzer


def list_archive_rules(call: Call) -> dict[str, Any]:
    analyzer = _find(call, name=call.need("analyzerName"))
    return paged(call, "archiveRules", oversight.archive_rules(call.scene, analyzer))


def list_access_previews(call: Call) -> dict[str, Any]:
    analyzer = _find(call, arn=call.need("analyzerArn"))
    return paged(call, "accessPreviews", oversight.previews(call.scene, call.account, analyzer))


def _find(call: Call, name: str | None = None, arn: str | None = None) -> Analyzer:
    for analyzer in call.account.analyzers.values():
        if analyzer.region == call.region and (analyzer.name == name or analyzer.arn == arn):
            return analyzer
    raise ApiError("ResourceNotFoundException", f"Analyzer {name or arn} not found", 404)
