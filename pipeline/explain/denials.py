"""Deny statements that would restrict a principal or meet a guardrail objective."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.explain.policies import canonical
from pipeline.facts.guardrails import wanted
from pipeline.policy.objectives import Probe
from pipeline.policy.principal import FRESH


def denial(actions: Iterable[str], **more: Any) -> str:
    """A Deny of the actions on every resource, as canonical JSON; `more` are its other elements."""
    return canonical({"Effect": "Deny", "Action": sorted(actions), "Resource": ["*"], **more})


def guardrail(kind: str, objective_id: str, open_actions: Sequence[str], organization_id: str) -> list[str]:
    """Statements that together could meet an objective: Denies of the probes that pass, under their conditions."""
    objective = next((objective for objective in wanted(kind) if objective.id == objective_id), None)
    by_terms: dict[str, set[str]] = {}
    for probe in objective.probes if objective else ():
        if probe.action in open_actions:
            by_terms.setdefault(terms_of(probe, organization_id), set()).add(probe.action)
    principal: dict[str, Any] = {"Principal": "*"} if kind == "rcp" else {}
    return [
        denial(
            {"*"} if any(action.startswith(FRESH) for action in actions) else actions, **json.loads(terms), **principal
        )
        for terms, actions in by_terms.items()
    ]


def terms_of(probe: Probe, organization_id: str) -> str:
    """The Condition element (JSON) that limits a Deny to requests like the probe."""
    of_caller = CALLERS.get(probe.caller, {})
    terms = next((terms for key, terms in REQUESTS.items() if key in probe.context), of_caller)
    return json.dumps({"Condition": terms} if terms else {}).replace(ORGANIZATION, organization_id)


ORGANIZATION = "ORGANIZATION"
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "aws:RequestedRegion": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}},
    "aws:SourceIp": {
        "NotIpAddressIfExists": {"aws:SourceIp": ["192.0.2.0/24"]},
        "BoolIfExists": {"aws:ViaAWSService": ["false"]},
    },
    "aws:SecureTransport": {"BoolIfExists": {"aws:SecureTransport": ["false"]}},
    "token.actions.githubusercontent.com:sub": {
        "StringNotLikeIfExists": {"token.actions.githubusercontent.com:sub": ["repo:example/*"]},
    },
}
"""By condition key of a probe: conditions for it. Regions, addresses and repositories are examples of approved ones."""
CALLERS: Mapping[str, Mapping[str, Any]] = {
    "root": {"ArnLike": {"aws:PrincipalArn": ["arn:*:iam::*:root"]}},
    "outsider": {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": [ORGANIZATION]},
        "BoolIfExists": {"aws:PrincipalIsAWSService": ["false"]},
    },
    "service": {
        "StringNotEqualsIfExists": {"aws:SourceOrgID": [ORGANIZATION]},
        "Bool": {"aws:PrincipalIsAWSService": ["true"]},
    },
}
