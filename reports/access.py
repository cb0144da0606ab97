"""What the pages on access are given: who can become administrator, what to remove, which guardrails bind whom."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from pipeline.schema import Row
from reports import queries
from reports.filters import visible
from reports.night import PublishedNight, group, keyed

GUARDS = (
    ("scp", "SERVICE_CONTROL_POLICY", "Service control policies", "scp_objectives"),
    ("rcp", "RESOURCE_CONTROL_POLICY", "Resource control policies", "rcp_objectives"),
)
"""Each type of policy with objectives: a short word, its name at AWS, in words, and the control that judges it."""
JUDGES = {
    "access key": "key_rotation",
    "password": "no_human_iam_users",
    "signing certificate": "other_longterm_credentials",
    "SSH key": "other_longterm_credentials",
    "service-specific credential": "other_longterm_credentials",
}
"""The control whose findings tell of a kind of credential."""
UNUSED = 9
"""The practice of removing what is unused."""


def people(night: PublishedNight) -> dict[str, Any]:
    rows = night.reader.rows
    reach = group(rows(queries.REACH), "kind")
    return {
        "counts": rows(queries.PEOPLE)[0],
        "reach": group(reach["reach"], "principal_type"),
        "admins": group(reach["admin"], "principal_type"),
        "paths": {row["path_id"]: row["title"] for row in rows(queries.PATH_TITLES)},
        "unknown": rows(queries.PEOPLE_UNKNOWN),
        "keys": rows(queries.KEYS),
        "key_counts": rows(queries.KEY_COUNTS),
        "credentials": rows(queries.CREDENTIAL_KINDS),
        "judges": {kind: night.controls.get(control) for kind, control in JUDGES.items()},
    }


def guardrails(night: PublishedNight) -> dict[str, Any]:
    rows = night.reader.rows
    accounts, objectives, units, reasons = (
        group(rows(sql), "policy_type")
        for sql in (queries.GUARDRAILS, queries.OBJECTIVES, queries.GUARDRAIL_OUS, queries.NOT_APPLICABLE)
    )
    guards = [
        {
            "word": word,
            "name": name,
            "control": night.controls.get(control),
            "policy_type": policy_type,
            "objectives": objectives[policy_type],
            "heads": [(_head(row), "objective") for row in objectives[policy_type]],
            "accounts": accounts[policy_type],
            "units": _units(night, units[policy_type]),
            "reasons": reasons[policy_type],
        }
        for word, policy_type, name, control in GUARDS
    ]
    return {"guards": guards}


def _head(objective: Row) -> Markup:
    word, title = objective["objective"].replace("_", " "), objective["title"]
    return Markup('<abbr title="{}">{}</abbr>').format(visible(title), visible(word))


def _units(night: PublishedNight, rows: list[Row]) -> list[Row]:
    """Of each OU, in the order of the tree, its counts by objective."""
    found = group(rows, "ou_id")
    return [{"ou": ou, "counts": keyed(found[id], "objective")} for id, ou in night.ous.items() if id in found]


def unused(night: PublishedNight) -> dict[str, Any]:
    removing = [c for c in night.controls.values() if c["practice"] == UNUSED and c["control_id"] in night.by_control]
    return {"unused": night.reader.rows(queries.UNUSED), "removing": removing}
