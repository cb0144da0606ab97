"""Guardrail objectives: does a set of SCPs or RCPs stop what it should? Answered by probe requests, so spelling does
not matter.

The objectives are data: guardrail_objectives.toml. Each probe is a request of an administrator (or whom it names)
that everything else allows.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.policy import actions
from pipeline.policy.callers import Caller, caller
from pipeline.policy.conditions import is_negated
from pipeline.policy.context import Context, Value
from pipeline.policy.document import Document
from pipeline.policy.evaluate import Decision, Evidence, Policies, Policy, Request, Verdict, evaluate, statements_on
from pipeline.policy.match import common_arn, common_text
from pipeline.policy.principal import FRESH, Principal
from pipeline.policy.strangers import stranger, text_of
from pipeline.policy.targets import targets
from pipeline.policy.tri import Tri

Levels = Sequence[Sequence[Policy]]


@dataclass(frozen=True, slots=True)
class Probe:
    action: str
    resource: str = ""
    caller: str = "role"
    context: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Objective:
    id: str
    kind: str
    title: str
    probes: tuple[Probe, ...]


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """`met` YES: every probe is denied; DEPENDS: only on resources that a Deny names (`only_for`), or by a policy
    that could not be read.

    `open_actions`: the probes that passed. `exempt`: the exceptions written into the Denies that decided, as "key
    operator value"; the own organization is none.
    """

    objective: Objective
    met: Tri
    open_actions: tuple[str, ...]
    only_for: tuple[str, ...]
    exempt: tuple[str, ...]
    evidence: tuple[Evidence, ...]


@cache
def objectives(kind: str = "") -> tuple[Objective, ...]:
    """The catalogue; `kind` scp or rcp narrows it."""
    raw = tomllib.loads(files("pipeline.policy").joinpath("guardrail_objectives.toml").read_text("utf-8"))
    return tuple(_objective(one) for one in raw["objective"] if kind in ("", one["kind"]))


def _objective(raw: dict[str, Any]) -> Objective:
    return Objective(raw["id"], raw["kind"], raw["title"], tuple(Probe(**probe) for probe in raw["probes"]))


@dataclass(frozen=True, slots=True)
class Site:
    """The account under judgement. Unknown organization facts ("") stay unknown: what hangs on them is DEPENDS."""

    account: str
    partition: str = "aws"
    org_id: str = ""
    org_path: str = ""


def judge_objective(objective: Objective, levels: Levels, site: Site) -> ObjectiveResult:
    """One objective against the policies in force for the account (`levels`: root first, account last; the inherited
    set).
    """
    decisions: list[Decision] = []
    open_actions, only_for, unsure = [], [], False
    settings = _settings(levels)
    for probe in objective.probes:
        wide = [
            one for resource in _fresh(probe, site) for one in _ask(objective, probe, resource, levels, site, settings)
        ]
        if all(_denied(one) for one in wide):
            decisions += wide
            continue
        named = {one: _ask(objective, probe, one, levels, site, settings) for one in _named(probe, levels, site)}
        kept = [resource for resource, asked in named.items() if all(_denied(one) for one in asked)]
        only_for += kept
        decisions += [one for resource in kept for one in named[resource]]
        if not kept:
            unsure = unsure or not any(one.verdict is Verdict.ALLOWED for one in wide)
            open_actions.append(probe.action)
    met = Tri.NO if open_actions and not unsure else Tri.DEPENDS if only_for or unsure else Tri.YES
    evidence = tuple({(hit.policy, hit.index): hit for one in decisions for hit in one.evidence}.values())
    return ObjectiveResult(
        objective, met, tuple(open_actions), tuple(dict.fromkeys(only_for)), _exempt(evidence, levels, site), evidence
    )


def _denied(decision: Decision) -> bool:
    return decision.verdict in (Verdict.EXPLICITLY_DENIED, Verdict.IMPLICITLY_DENIED)


def _ask(
    objective: Objective, probe: Probe, resource: str, levels: Levels, site: Site, settings: list[dict[str, Value]]
) -> list[Decision]:
    """The probe in each of the settings: it must be denied in all of them to be denied for what it is."""
    who, known = _caller(probe.caller, site, stranger({site.account}, text_of(_documents(levels))))
    policies = (
        Policies([_ALLOW], scp_levels=levels)
        if objective.kind == "scp"
        else Policies([_ALLOW], resource=_OPEN, rcp_levels=levels)
    )
    unknown = frozenset(key.lower() for key, value in _org_facts(probe.caller, site).items() if not value)
    found = []
    for setting in settings:
        values = Context.of(
            {**who.context(), **setting, **_org_facts(probe.caller, site), **known, **probe.context}
        ).values
        values = {key: value for key, value in values.items() if key not in unknown}
        context = Context(values, complete=False, is_absent=lambda key: key not in unknown)
        found.append(evaluate(Request(who, probe.action, resource, context, site.account), policies))
    return found


_ALLOW = Policy.read(
    "administrator", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
_OPEN = Policy.read(
    "open resource",
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}},
    "resource",
)


def _settings(levels: Levels) -> list[dict[str, Value]]:
    """Ordinary circumstances as the policies themselves know them: an approved Region each, from the approved
    network.
    """

    def named(key: str) -> list[str]:
        return list(
            dict.fromkeys(value for document in _documents(levels) for value in _condition_values(document, key))
        )

    regions = [common_text(value, "*", "1") or value for value in named("aws:requestedregion")] + ["us-east-1"]
    addresses = [value.split("/")[0] for value in named("aws:sourceip")] + ["192.0.2.77"]
    networks: dict[str, Value] = {"aws:SourceIp": addresses[0], "aws:SourceVpc": tuple(named("aws:sourcevpc")[:1])}
    return [{**networks, "aws:RequestedRegion": region} for region in dict.fromkeys(regions[:8] + regions[-1:])]


def _condition_values(document: Document, key: str) -> list[str]:
    return [
        value
        for one in document.statements
        for condition in one.conditions
        if condition.key.lower() == key
        for value in condition.values
    ]


def _org_facts(kind: str, site: Site) -> dict[str, Value]:
    paths = (site.org_path,) if site.org_path else ()
    facts: dict[str, Value] = {
        "aws:ResourceOrgID": site.org_id,
        "aws:ResourceOrgPaths": paths,
        "aws:ResourceAccount": site.account,
    }
    return facts | (
        {"aws:PrincipalOrgID": site.org_id, "aws:PrincipalOrgPaths": paths} if kind in ("role", "user", "root") else {}
    )


def _caller(kind: str, site: Site, outsider: str) -> tuple[Caller, dict[str, Value]]:
    inside = f"arn:{site.partition}:iam::{site.account}"
    if kind == "outsider":
        return caller(f"arn:{site.partition}:iam::{outsider}:role/{FRESH}"), {
            "aws:PrincipalOrgID": f"o-{FRESH}",
            **_TLS,
        }
    if kind == "service":
        source: dict[str, Value] = {"aws:SourceAccount": outsider, "aws:SourceOrgID": f"o-{FRESH}"}
        return Caller("service", f"{FRESH}.amazonaws.com"), {
            **source,
            "aws:SourceArn": f"arn:{site.partition}:{FRESH}::{outsider}:{FRESH}",
            **_TLS,
        }
    if kind == "github":
        return Caller(
            "federated", f"{inside}:oidc-provider/token.actions.githubusercontent.com", site.partition, site.account
        ), {**_TLS}
    return caller(f"{inside}:root" if kind == "root" else f"{inside}:{kind}/{FRESH}"), {**_TLS}


_TLS: dict[str, Value] = {"aws:SecureTransport": True}


def _fresh(probe: Probe, site: Site) -> tuple[str, ...]:
    if probe.resource:
        return (probe.resource.replace("{account}", site.account).replace("{partition}", site.partition),)
    return targets(Principal(f"arn:{site.partition}:iam::{site.account}:role/{FRESH}"), probe.action)


def _named(probe: Probe, levels: Levels, site: Site) -> list[str]:
    """A resource inside each pattern that a Deny on the action names."""
    found: dict[str, None] = {}
    for document in _documents(levels):
        for statement in statements_on(document, probe.action, "Deny"):
            for pattern in statement.resources or ():
                for fresh in _fresh(probe, site):
                    text = common_arn(pattern, fresh.replace(FRESH, "*"), FRESH)
                    if text:
                        found[text] = None
    return list(found)


def _documents(levels: Levels) -> Iterable[Document]:
    return (policy.document for level in levels for policy in level if policy.document)


def _exempt(evidence: Iterable[Evidence], levels: Levels, site: Site) -> tuple[str, ...]:
    deciding = {(hit.policy, hit.index) for hit in evidence if hit.effect == "Deny"}
    found: dict[str, None] = {}
    for level in levels:
        for policy in level:
            for statement in policy.document.statements if policy.document else ():
                if (policy.name, statement.index) in deciding:
                    for one in statement.conditions:
                        if is_negated(one.operator) and one.key.lower().startswith("aws:principal"):
                            others = (value for value in one.values if not _is_own(one.key, value, site))
                            found.update(dict.fromkeys(f"{one.key} {one.operator} {value}" for value in others))
    return tuple(found)


def _is_own(key: str, value: str, site: Site) -> bool:
    """Whether the value names the own organization, or may: while its id is not known, any."""
    is_organization = key.lower() in ("aws:principalorgid", "aws:principalorgpaths")
    return is_organization and site.org_id in ("", value.split("/")[0])


# -- coverage


def restricts(levels: Levels) -> bool:
    """Whether the set does anything beyond FullAWSAccess: a Deny, a level that does not allow everything, or a policy
    nobody could read.
    """
    if any(policy.document is None for level in levels for policy in level):
        return True
    if any(statement.effect == "Deny" for document in _documents(levels) for statement in document.statements):
        return True
    return any(not any(_allows_all(policy.document) for policy in level if policy.document) for level in levels)


def _allows_all(document: Document) -> bool:
    allows = [one for one in document.statements if one.effect == "Allow" and not one.conditions]
    return any("*" in (one.actions or ()) and "*" in (one.resources or ()) for one in allows)


def in_force(feature_set: str, root_policy_types: Iterable[tuple[str, str]], policy_type: str) -> bool:
    """Whether the organization can enforce the policy type: all features on, and the type ENABLED on the root ((type,
    status) pairs).
    """
    return feature_set == "ALL" and (policy_type, "ENABLED") in set(root_policy_types)


def rcp_services_denied(document: Document) -> tuple[str, ...]:
    """The services an RCP really touches: those its Denies name that RCPs cover. Empty: it has no effect."""
    denied = [one for one in document.statements if one.effect == "Deny"]
    return tuple(
        sorted(
            service
            for service in actions.rcp_services()
            if any(statements_on(document, action, "Deny") for action in actions.expand(f"{service}:*")) and denied
        )
    )
