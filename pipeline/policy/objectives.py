"""Guardrail objectives: does a set of SCPs or RCPs prevent what it should? Decided by probe requests, independent of
how the policies are written.

The objectives are data: guardrail_objectives.toml. Each probe is a request by an otherwise unrestricted administrator
(or the caller it names).
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pipeline.knowledge import load
from pipeline.policy import actions
from pipeline.policy.callers import Caller, caller
from pipeline.policy.conditions import is_negated
from pipeline.policy.context import Value
from pipeline.policy.document import Document
from pipeline.policy.evaluate import statements_on
from pipeline.policy.guards import Guard, Levels, Site, is_denied
from pipeline.policy.loopholes import Exemption, Loophole, deciding, deciding_conditions, exemptions, way_in
from pipeline.policy.match import common_arn
from pipeline.policy.principal import FRESH, Principal
from pipeline.policy.request import Decision, Evidence, Verdict
from pipeline.policy.strangers import of_organization, stranger, text_of
from pipeline.policy.targets import targets
from pipeline.policy.tri import Tri


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
    that could not be read; NO: a probe passed, or an exception is a loophole.

    `open_actions`: the probes that passed. `exempt`: exceptions in the deciding Denies, as "key operator value",
    without our own organization. `loopholes`: those that an administrator of the account can use.
    """

    objective: Objective
    met: Tri
    open_actions: tuple[str, ...]
    only_for: tuple[str, ...]
    exempt: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    loopholes: tuple[Loophole, ...] = ()


@cache
def objectives(kind: str = "") -> tuple[Objective, ...]:
    """The catalogue; `kind` scp or rcp narrows it."""
    listed = load("guardrail_objectives").facts["objective"]
    return tuple(objective_of(entry) for entry in listed if kind in ("", entry["kind"]))


def objective_of(raw: Mapping[str, Any]) -> Objective:
    """An objective of the catalogue, or of the same form."""
    return Objective(raw["id"], raw["kind"], raw["title"], tuple(Probe(**probe) for probe in raw["probes"]))


def judge_objective(objective: Objective, levels: Levels, site: Site) -> ObjectiveResult:
    """Evaluate one objective on the policies in force for the account (`levels`: root first, account last)."""
    guard = Guard(objective.kind, levels, site)
    decisions: list[Decision] = []
    open_actions, only_for, is_open = [], [], False
    for probe in objective.probes:
        wide = [decision for resource in _fresh(probe, site) for decision in _ask(probe, resource, guard)]
        if all(is_denied(decision) for decision in wide):
            decisions += wide
            continue
        named = {resource: _ask(probe, resource, guard) for resource in _named(probe, guard)}
        kept = [resource for resource, answers in named.items() if all(is_denied(decision) for decision in answers)]
        only_for += kept
        decisions += [decision for resource in kept for decision in named[resource]]
        if not kept:
            is_open = is_open or any(decision.verdict is Verdict.ALLOWED for decision in wide)
            open_actions.append(probe.action)
    evidence = tuple({(hit.policy, hit.index): hit for decision in decisions for hit in decision.evidence}.values())
    loopholes = tuple(_loopholes(objective, evidence, guard)) if objective.kind == "scp" else ()
    met = Tri.NO if is_open or loopholes else Tri.DEPENDS if only_for or open_actions else Tri.YES
    exempt = _exempt(evidence, guard)
    return ObjectiveResult(
        objective, met, tuple(open_actions), tuple(dict.fromkeys(only_for)), exempt, evidence, loopholes
    )


def _ask(probe: Probe, resource: str, guard: Guard) -> list[Decision]:
    """The decisions on the probe for each caller, in each circumstance of its choice; it must be denied in all."""
    return [
        decision
        for who, keys in _callers(probe.caller, guard)
        for decision in guard.attempts(who, probe.action, resource, {**keys, **probe.context})
    ]


def _loopholes(objective: Objective, evidence: Iterable[Evidence], guard: Guard) -> Iterator[Loophole]:
    """The exceptions that let a probe pass and that an administrator of the account can use."""
    loopholes: dict[str, None] = {}
    probes = [probe for probe in objective.probes if probe.caller in ("role", "user")]
    for exemption in exemptions(evidence, guard):
        if exemption.text in loopholes or not _lets_through(exemption, probes, guard):
            continue
        steps = way_in(exemption, guard)
        if steps:
            loopholes[exemption.text] = None
            yield Loophole(exemption.text, steps)
    yield from _by_naming(objective, evidence, guard)


def _by_naming(objective: Objective, evidence: Iterable[Evidence], guard: Guard) -> Iterator[Loophole]:
    """Exceptions for resources of a certain name, where whoever makes the resource gives it its name."""
    patterns = dict.fromkeys(pattern for one in deciding(evidence, guard) for pattern in one.not_resources or ())
    for pattern in (pattern for pattern in patterns if set("*?") & set(pattern.rpartition(":")[2])):
        for probe in (probe for probe in objective.probes if probe.action.partition(":")[2].startswith("Create")):
            fitting = (common_arn(pattern, fresh.replace(FRESH, "*"), FRESH) for fresh in _fresh(probe, guard.site))
            passed = (arn for arn in fitting if arn and not all(map(is_denied, _ask(probe, arn, guard))))
            if arn := next(passed, None):
                yield Loophole(f"NotResource {pattern}", ((probe.action, arn),))
                break


def _lets_through(exemption: Exemption, probes: Iterable[Probe], guard: Guard) -> bool:
    decisions = (
        decision
        for probe in probes
        # A role that a Deny of users does not bind is no exception to it.
        if probe.caller == "role" or exemption.who.kind == "user"
        for resource in _fresh(probe, guard.site)
        for decision in guard.attempts(exemption.who, probe.action, resource, {**exemption.keys, **probe.context})
    )
    return any(not is_denied(decision) for decision in decisions)


def _callers(kind: str, guard: Guard) -> Iterator[tuple[Caller, dict[str, Value]]]:
    """Callers of the probe, with request keys. An outside caller can have any name."""
    site = guard.site
    inside = f"arn:{site.partition}:iam::{site.account}"
    outsider = stranger({site.account}, text_of(guard.documents))
    if kind == "outsider":
        abroad = of_organization("Principal", f"o-{FRESH}/r-{FRESH}/")
        own = f"arn:{site.partition}:iam::{outsider}:role/"
        fitting = (common_arn(value, own + "*", FRESH) for value in guard.named("aws:principalarn"))
        for arn in dict.fromkeys([own + FRESH, *(text for text in fitting if text)]):
            yield caller(arn), abroad
    elif kind == "service":
        yield (
            Caller("service", f"{FRESH}.amazonaws.com"),
            {
                "aws:SourceAccount": outsider,
                **of_organization("Source", f"o-{FRESH}/r-{FRESH}/"),
                "aws:SourceArn": f"arn:{site.partition}:{FRESH}::{outsider}:{FRESH}",
            },
        )
    elif kind == "github":
        provider = f"{inside}:oidc-provider/token.actions.githubusercontent.com"
        yield Caller("federated", provider, site.partition, site.account), {}
    else:
        yield caller(f"{inside}:root" if kind == "root" else f"{inside}:{kind}/{FRESH}"), {}


def _fresh(probe: Probe, site: Site) -> tuple[str, ...]:
    if probe.resource:
        return (probe.resource.replace("{account}", site.account).replace("{partition}", site.partition),)
    return targets(Principal(f"arn:{site.partition}:iam::{site.account}:role/{FRESH}"), probe.action)


def _named(probe: Probe, guard: Guard) -> list[str]:
    """A resource for each pattern in a Deny of the action."""
    resources: dict[str, None] = {}
    for document in guard.documents:
        for statement in statements_on(document, probe.action, "Deny"):
            for pattern in statement.resources or ():
                for fresh in _fresh(probe, guard.site):
                    text = common_arn(pattern, fresh.replace(FRESH, "*"), FRESH)
                    if text:
                        resources[text] = None
    return list(resources)


def _exempt(evidence: Iterable[Evidence], guard: Guard) -> tuple[str, ...]:
    exempt: dict[str, None] = {}
    for condition in deciding_conditions(evidence, guard):
        if is_negated(condition.operator) and condition.key.lower().startswith("aws:principal"):
            others = (value for value in condition.values if not _is_own(condition.key, value, guard.site))
            exempt.update(dict.fromkeys(f"{condition.key} {condition.operator} {value}" for value in others))
    named = (pattern for statement in deciding(evidence, guard) for pattern in statement.not_resources or ())
    exempt.update(dict.fromkeys(f"NotResource {pattern}" for pattern in named))
    return tuple(exempt)


def _is_own(key: str, value: str, site: Site) -> bool:
    """Whether the value is, or may be, our own organization: any may be while the id is not known."""
    is_organization = key.lower() in ("aws:principalorgid", "aws:principalorgpaths")
    return is_organization and site.org_id in ("", value.split("/")[0])


# -- coverage


def restricts(levels: Levels) -> bool:
    """Whether the set restricts more than FullAWSAccess: a Deny, a level that does not allow everything, or an
    unreadable policy.
    """
    if any(policy.document is None for level in levels for policy in level):
        return True
    documents = (policy.document for level in levels for policy in level if policy.document)
    if any(statement.effect == "Deny" for document in documents for statement in document.statements):
        return True
    return any(not any(_allows_all(policy.document) for policy in level if policy.document) for level in levels)


def _allows_all(document: Document) -> bool:
    allows = [
        statement for statement in document.statements if statement.effect == "Allow" and not statement.conditions
    ]
    return any("*" in (statement.actions or ()) and "*" in (statement.resources or ()) for statement in allows)


def in_force(feature_set: str, root_policy_types: Iterable[tuple[str, str]], policy_type: str) -> bool:
    """Whether the organization can enforce the policy type: all features enabled, and the type ENABLED on the root
    ((type, status) pairs).
    """
    return feature_set == "ALL" and (policy_type, "ENABLED") in set(root_policy_types)


def rcp_services_denied(document: Document) -> tuple[str, ...]:
    """The services affected by an RCP: those in its Denies that support RCPs. If empty, it has no effect."""
    denied = [statement for statement in document.statements if statement.effect == "Deny"]
    return tuple(
        sorted(
            service
            for service in actions.rcp_services()
            if any(statements_on(document, action, "Deny") for action in actions.expand(f"{service}:*")) and denied
        )
    )
