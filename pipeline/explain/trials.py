"""Policy changes that would change a verdict: what is tried for which control."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.explain.candidates import narrowings, removals, supports, without_principals
from pipeline.explain.changes import Add, Bind
from pipeline.explain.citations import actions_in, deciding, paths_in
from pipeline.explain.denials import denial, guardrail
from pipeline.explain.policies import BearingPolicy, canonical
from pipeline.explain.replay import Change, Outcome, Replay
from pipeline.explain.search import Solution, singles, smallest, turns

Condition = tuple[str, str, str]
"""Operator, key and value."""

PRINCIPALS = (":user/", ":role/")


def policy_changes(replay: Replay, policies: Sequence[BearingPolicy]) -> Iterator[Solution]:
    """The policy changes that change the verdict, in the layers that the control's facts evaluate."""
    judged = [policy for policy in policies if policy.layer in replay.judges]
    before = replay.judge()
    yield from smallest(replay, lambda now: removals(judged, deciding(now.evidence)))
    if before.verdict != "fail":
        yield from singles(replay, supports(judged))
        return
    if "trust" in replay.judges:
        yield from smallest(replay, lambda now: without_principals(judged, deciding(now.evidence)))
    for condition in conditions(replay, judged):
        yield from narrowed(replay, judged, condition)
    if "boundary" in replay.judges or ("identity" in replay.judges and ":user/" in replay.finding.resource):
        yield from limits(replay, judged)
    if {"scp", "rcp"} <= replay.judges:
        yield from guardrails(replay, before)


def narrowed(replay: Replay, policies: Sequence[BearingPolicy], condition: Condition) -> list[Solution]:
    return smallest(replay, lambda now: narrowings(policies, deciding(now.evidence), *condition))


def conditions(replay: Replay, policies: Sequence[BearingPolicy]) -> Iterator[Condition]:
    """Conditions worth adding: in trust policies depending on the principals, in others on the resources."""
    account = replay.finding.account_id
    if "trust" in replay.judges:
        statements = (statement for policy in policies if policy.layer == "trust" for statement in policy.statements)
        principals = sorted({principal for statement in statements for principal in statement.principals or ()})
        yield from trust_conditions(principals, account, organization_of(replay))
    elif "identity" in replay.judges:
        if any("iam:PassRole" in (statement.actions or ()) for policy in policies for statement in policy.statements):
            yield "StringEquals", "iam:PassedToService", "ec2.amazonaws.com"
        yield "StringEquals", "aws:ResourceAccount", account
        yield "Bool", "aws:MultiFactorAuthPresent", "true"


def trust_conditions(principals: Sequence[tuple[str, str]], account: str, organization: str) -> Iterator[Condition]:
    """Conditions for a trust policy with these principals (kind, value)."""
    if any(kind in ("*", "AWS") for kind, _ in principals):
        yield "StringEquals", "aws:PrincipalOrgID", organization
        yield "StringEquals", "sts:ExternalId", "an-id-agreed-on"
        yield "Bool", "aws:MultiFactorAuthPresent", "true"
    if any(kind == "Service" for kind, _ in principals):
        yield "StringEquals", "aws:SourceAccount", account
    for provider in (value for kind, value in principals if kind == "Federated"):
        if ":saml-provider/" in provider:
            yield "StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml"
        else:
            issuer = provider.partition("oidc-provider/")[2] or provider
            yield "StringEquals", f"{issuer}:aud", "the-audience"
            yield "StringEquals", f"{issuer}:sub", "repo:example/app:environment:production"


def organization_of(replay: Replay) -> str:
    """The id of the organization; empty for an account in none."""
    rows = replay.con.execute("select organization_id from published.staging.stg_organization").fetchall()
    return rows[0][0] or "" if rows else ""


def limits(replay: Replay, policies: Sequence[BearingPolicy]) -> list[Solution]:
    """Denies and boundaries that would restrict the principal."""
    arn = replay.finding.resource
    if not any(kind in arn for kind in PRINCIPALS):
        return []
    denied = denied_actions(replay, arn)
    options: list[Change] = [Add("inline", arn, denial(actions)) for actions in denied]
    options += [Add("SERVICE_CONTROL_POLICY", replay.finding.account_id, denial(actions)) for actions in denied[:1]]
    if ":user/" in arn:
        options.append(Add("inline", arn, MFA))
    if not any(policy.layer == "boundary" for policy in policies):
        options.append(Bind(arn, f"arn:{arn.split(':')[1]}:iam::aws:policy/PowerUserAccess"))
    return singles(replay, options)


def denied_actions(replay: Replay, arn: str) -> list[list[str]]:
    """The smallest sets of actions whose denial changes the verdict; else all actions in the evidence."""
    sets = smallest(replay, lambda now: [Add("inline", arn, denial([action])) for action in to_deny(now)])
    denied = [[action for add in trial.changes if isinstance(add, Add) for action in add.actions] for trial in sets]
    actions = actions_in(replay.judge().evidence)
    return denied or ([actions] if actions else [])


def to_deny(now: Outcome) -> list[str]:
    """Actions of which at least one must be denied: those of the shortest path; for an administrator, all of IAM."""
    paths = [actions_in(path) for path in paths_in(now.evidence)]
    if paths:
        return min(paths, key=len)
    return [] if actions_in(now.evidence) else ["iam:*"]


# What a user must be able to do without MFA in order to enrol a device.
ENROLMENT = [
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
    "sts:GetSessionToken",
]
MFA = canonical(
    {
        "Effect": "Deny",
        "NotAction": ENROLMENT,
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
)


def guardrails(replay: Replay, before: Outcome) -> Iterator[Solution]:
    """Additional SCPs or RCPs on the account."""
    open_actions, name = before.evidence.get("open_actions") or [], replay.finding.resource.rpartition("/")[2]
    objective = name if not name.isdigit() else "root_at_all"
    for kind, policy_type in (("scp", "SERVICE_CONTROL_POLICY"), ("rcp", "RESOURCE_CONTROL_POLICY")):
        statements = guardrail(kind, objective, open_actions, organization_of(replay))
        added = [Add(policy_type, replay.finding.account_id, statement) for statement in statements]  # type: ignore[arg-type]
        if added and turns(before, outcome := replay.judge(added)):
            yield Solution(tuple(added), outcome)
