"""What would turn the verdict of a finding: parameters and policies tried on the control itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import collectors
from pipeline.aws.advice import advice
from pipeline.collect.register import KINDS
from pipeline.explain.changes import (
    Add,
    Bind,
    Enter,
    Found,
    denial,
    guardrail,
    narrowings,
    removals,
    singles,
    smallest,
    supports,
    turns,
    without_principals,
)
from pipeline.explain.held import Held, actions_in, canonical, deciding, paths_in
from pipeline.explain.replay import Change, Finding, Outcome, Replay
from pipeline.settings import Refused

PRINCIPALS = (":user/", ":role/")
LARGEST = 10**6
OF_TABLES = {
    "fact_trusts": ("trust",),
    "fact_permissions": ("identity", "boundary", "scp"),
    "fact_documents": ("identity",),
    "fact_boundaries": ("identity",),
    "fact_guardrails": ("scp", "rcp"),
    "fact_trust_guards": ("rcp",),
}
"""The policies that each derived table judges."""


@dataclass(frozen=True)
class Turn:
    """Changes, in words, that have been tried together, and the verdict that they bring."""

    changes: tuple[str, ...]
    verdict: str
    reason: str


def turns_of(
    database: Path,
    finding: Finding,
    verdict: str,
    evidence: Mapping[str, Any],
    params: Mapping[str, Any],
    policies: Sequence[Held],
    fix: str = "",
) -> tuple[list[Turn], list[str]]:
    """What would turn the verdict, as tried, and what is to be said beside; both may be empty. `fix` is the control's
    own word for facts that cannot be tried.
    """
    if verdict == "unknown" and "error_class" in evidence:
        return [], [_of_call(finding, evidence)]
    expected, notes = ("fail" if verdict == "exempt" else verdict), [BESIDE[verdict]] if verdict in BESIDE else []
    found, tried, wanted = list[Turn](), 0, f" {fix}" if expected == "fail" else ""
    try:
        with Replay(database, finding, params) as replay:
            if replay.judge().verdict != expected:
                return [], [*notes, ANOTHER]
            found += [*_by_params(replay, params), *map(_turn, singles(replay, _entries(replay)))]
            tried += replay.count - 1
            if not replay.weighs_policies:
                notes.append(f"No policy is weighed: the verdict turns when the facts do.{wanted}")
        if replay.weighs_policies:
            with Replay(database, finding, params, documents=True) as replay:
                if replay.judge().verdict == expected:
                    found += _by_policies(replay, policies)
                    tried += replay.count - 1
                else:
                    notes.append(ANOTHER)
    except Refused as refused:
        notes.append(f"Not all could be tried: {str(refused).splitlines()[0]}.")
    if tried and not found:
        notes.append(f"Changes tried: {tried}; none turns the verdict.")
    return list(dict.fromkeys(found)), notes


ANOTHER = "Judged anew from what is published the verdict is another, so not all was tried."
BESIDE = {
    "exempt": "When the exception ends it is a fail again; what is said here is about that.",
    "manual": "An attestation in the register of exceptions decides it, for no API can tell.",
}
"""What is to be said of a verdict, whatever is tried."""


def _of_call(finding: Finding, evidence: Mapping[str, Any]) -> str:
    operation, error_class = evidence.get("operation"), evidence.get("error_class")
    if operation is None:
        return f"It is judged once the dataset {evidence.get('dataset')} is collected: run the night again."
    helps = advice(error_class or "", "the next night tries again")
    dataset = collectors.datasets().get(evidence.get("dataset") or "")
    where = "" if dataset and dataset.scope == "organization" else f" in account {finding.account_id}"
    return f"It is judged once {operation} succeeds{where}: {helps}."


def _turn(found: Found) -> Turn:
    return Turn(tuple(str(one) for one in found.changes), found.outcome.verdict, found.outcome.reason)


# -- parameters


def _by_params(replay: Replay, params: Mapping[str, Any]) -> Iterator[Turn]:
    before = replay.judge()
    for name, value in params.items():
        for other in _values(replay, name, value):
            after = replay.judge(params={name: other})
            if turns(before, after):
                words = f"with {name} = {json.dumps(other)} in the settings; it is {json.dumps(value)}"
                yield Turn((words,), after.verdict, after.reason)
                break


def _values(replay: Replay, name: str, value: Any) -> Iterator[Any]:
    """Other values worth trying: the nearest number that turns the verdict, or a list with the resource on it."""
    one = replay.finding
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (found for end in (LARGEST, 0) if (found := _threshold(replay, name, int(value), end)) is not None)
    elif isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        named = (entry for entry in _words(replay.judge().evidence) if entry not in value)
        yield from ([*value, entry] for entry in dict.fromkeys((one.resource, one.account_id, *named)))


def _threshold(replay: Replay, name: str, value: int, end: int) -> int | None:
    """The value nearest to this one, on the way to `end`, from which on the verdict is another."""
    before = replay.judge()
    if value == end or not turns(before, replay.judge(params={name: end})):
        return None
    same, other = value, end
    while abs(other - same) > 1:
        middle = (same + other) // 2
        if turns(before, replay.judge(params={name: middle})):
            other = middle
        else:
            same = middle
    return other


MOST_WORDS = 20


def _words(evidence: Any) -> list[str]:
    """The short texts of the evidence: accounts, names, services."""
    if isinstance(evidence, str):
        return [evidence] if 0 < len(evidence) < 200 and evidence[0] not in "{[" else []
    if isinstance(evidence, dict | list):
        parts = evidence.values() if isinstance(evidence, dict) else evidence
        return [word for part in parts for word in _words(part)][:MOST_WORDS]
    return []


def _entries(replay: Replay) -> Iterator[Change]:
    """Entries of the register, of the kinds that the control looks for."""
    one, model = replay.finding, replay.control
    if "stg_register" not in model.reads:
        return
    for table, kind in KINDS.items():
        if f"'{kind.kind}'" not in model.sql:
            continue
        if "control" in kind.model_fields:
            yield Enter(table, control_id=one.control_id)
        elif "resource" in kind.model_fields:
            yield Enter(table, one.resource)
            if "/accesskey/" in one.resource:
                yield Enter(table, one.resource.partition("/accesskey/")[0])
        else:
            found = (word for word in _words(replay.judge().evidence) if len(word) == 12 and word.isdigit())
            yield from (Enter(table, account_id=word) for word in dict.fromkeys(found))


# -- policies


def _by_policies(replay: Replay, policies: Sequence[Held]) -> Iterator[Turn]:
    tables = {model.name for model in replay.rebuilt}
    layers = {layer for table, layers in OF_TABLES.items() if table in tables for layer in layers}
    inside = [policy for policy in policies if policy.layer in layers]
    before = replay.judge()
    yield from map(_turn, smallest(replay, lambda now: removals(inside, deciding(now.evidence))))
    if before.verdict != "fail":
        yield from map(_turn, singles(replay, supports(inside)))
        return
    if "trust" in layers:
        yield from map(_turn, smallest(replay, lambda now: without_principals(inside, deciding(now.evidence))))
    for operator, key, value in _conditions(replay, inside, layers):
        options = _narrowing(inside, operator, key, value)
        yield from map(_turn, smallest(replay, options))
    if "fact_permissions" in tables or "int_user_mfa_guards" in tables:
        yield from map(_turn, _limits(replay, inside))
    if "fact_guardrails" in tables:
        yield from map(_turn, _guardrails(replay, before))


def _narrowing(policies: Sequence[Held], operator: str, key: str, value: str) -> Any:
    return lambda now: narrowings(policies, deciding(now.evidence), operator, key, value)


def _conditions(replay: Replay, policies: Sequence[Held], layers: set[str]) -> Iterator[tuple[str, str, str]]:
    """Conditions worth demanding: in trust policies by whom they let in, in others by what they reach."""
    account = replay.finding.account_id
    if "trust" in layers:
        statements = (one for policy in policies if policy.layer == "trust" for one in policy.statements)
        named = sorted({principal for one in statements for principal in one.principals or ()})
        if any(kind in ("*", "AWS") for kind, _ in named):
            yield "StringEquals", "aws:PrincipalOrgID", organization_of(replay)
            yield "StringEquals", "sts:ExternalId", "an-id-agreed-on"
            yield "Bool", "aws:MultiFactorAuthPresent", "true"
        if any(kind == "Service" for kind, _ in named):
            yield "StringEquals", "aws:SourceAccount", account
        for provider in (value for kind, value in named if kind == "Federated"):
            if ":saml-provider/" in provider:
                yield "StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml"
            else:
                issuer = provider.partition("oidc-provider/")[2] or provider
                yield "StringEquals", f"{issuer}:aud", "the-audience"
                yield "StringEquals", f"{issuer}:sub", "repo:example/app:environment:production"
    elif "identity" in layers:
        if any("iam:PassRole" in (one.actions or ()) for policy in policies for one in policy.statements):
            yield "StringEquals", "iam:PassedToService", "ec2.amazonaws.com"
        yield "StringEquals", "aws:ResourceAccount", account
        yield "Bool", "aws:MultiFactorAuthPresent", "true"


def organization_of(replay: Replay) -> str:
    row = replay.con.execute(
        "select split_part(arn, '/', 2) from published.intermediate.int_accounts limit 1"
    ).fetchone()
    return str(row[0]) if row else ""


def _limits(replay: Replay, policies: Sequence[Held]) -> Iterator[Found]:
    """Denies and boundaries that would hold the principal back."""
    arn = replay.finding.resource
    if not any(kind in arn for kind in PRINCIPALS):
        return
    sets = smallest(replay, lambda now: [Add("inline", arn, denial([one])) for one in _to_deny(now)])
    denied = [[one for add in found.changes if isinstance(add, Add) for one in add.actions] for found in sets]
    if not denied and (actions := actions_in(replay.judge().evidence)):
        denied = [actions]
    others: list[Change] = [Add("inline", arn, denial(actions)) for actions in denied]
    for actions in denied[:1]:
        others.append(Add("SERVICE_CONTROL_POLICY", replay.finding.account_id, denial(actions)))
    if ":user/" in arn:
        others.append(Add("inline", arn, MFA))
    if not any(policy.layer == "boundary" for policy in policies):
        others.append(Bind(arn, f"arn:{arn.split(':')[1]}:iam::aws:policy/PowerUserAccess"))
    yield from singles(replay, others)


# What a user must be able to do without MFA, to get to have it.
ENROLL = (
    *("iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices"),
    *("iam:ListVirtualMFADevices", "iam:ResyncMFADevice", "sts:GetSessionToken"),
)
MFA = canonical(
    {
        "Effect": "Deny",
        "NotAction": list(ENROLL),
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
)


def _to_deny(now: Outcome) -> list[str]:
    """Actions of which one at least would have to be denied: of the shortest path; for an administrator, all of IAM."""
    paths = [actions_in(path) for path in paths_in(now.evidence)]
    if paths:
        return min(paths, key=len)
    return [] if actions_in(now.evidence) else ["iam:*"]


def _guardrails(replay: Replay, before: Outcome) -> Iterator[Found]:
    """An SCP or RCP more on the account."""
    open_actions, name = before.evidence.get("open_actions") or [], replay.finding.resource.rpartition("/")[2]
    for kind, policy_type in (("scp", "SERVICE_CONTROL_POLICY"), ("rcp", "RESOURCE_CONTROL_POLICY")):
        objective = name if not name.isdigit() else "root_at_all"
        statements = guardrail(kind, objective, open_actions, organization_of(replay))
        added = [Add(policy_type, replay.finding.account_id, one) for one in statements]  # type: ignore[arg-type]
        outcome = replay.judge(added)
        if added and turns(before, outcome):
            yield Found(tuple(added), outcome)
