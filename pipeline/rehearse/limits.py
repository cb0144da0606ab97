"""Whether AWS would store and attach the policies: sizes, counts and what a kind of policy may say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline import knowledge
from pipeline.policy import flaws, rcp_services_denied
from pipeline.policy.lint import REMARKS
from pipeline.rehearse.change import Change, NewPolicy
from pipeline.rehearse.edits import TYPES
from pipeline.rehearse.session import Session
from pipeline.rows import rows


@dataclass(frozen=True)
class Limit:
    """One thing that AWS checks, or that a reviewer should. `holds` None: not known, or a remark only."""

    policy: str
    check: str
    holds: bool | None
    says: str


PLACEHOLDER = re.compile(r"\[[A-Z][A-Z0-9_-]+\]|<[A-Za-z][\w-]*>|\$\{[A-Za-z][\w-]*\}")
"""What a template leaves to fill in: `[ROLE]`, `<org-id>`, `${Account}` (the names of variables have a colon)."""
MOST = 4
VALIDATION = Limit("", "validation", None, "access-analyzer:ValidatePolicy is not asked: a rehearsal calls nothing")


def of(session: Session, change: Change) -> list[Limit]:
    """The limits of all policies of the change, and of the target with them. Call it with the change applied."""
    found: list[Limit] = []
    for policy in change.added:
        found += _sizes(session, change, policy)
        found += _language(change, policy)
    if change.kind in TYPES:
        found += _counts(session, change)
    return [*found, *([VALIDATION] if change.added else [])]


def _sizes(session: Session, change: Change, policy: NewPolicy) -> Iterator[Limit]:
    text, tight = policy.text.strip(), policy.compact
    if change.kind in TYPES:
        quotas = knowledge.load("policy_quotas")
        (most,) = (one["max_characters"] for one in quotas.facts["quota"] if one["policy_type"] == TYPES[change.kind])
        advice = f"; without white space {len(tight):,}" if len(tight) <= most < len(text) else ""
        yield Limit(policy.name, "size", len(text) <= most, f"{len(text):,} of {most:,} characters{advice}")
        return
    quotas = knowledge.load("iam_quotas")
    kind, size = str(change.kind), len("".join(tight.split()))
    if kind == "identity":
        kind = "user" if ":user/" in change.target.key else "role"
        query = "select document from stg_inline_policies where principal_arn = $arn"
        held = rows(session.con, query, arn=change.target.key)
        size = sum(len("".join(row["document"].split())) for row in held)
    most = quotas.facts["characters"][kind]
    raised = quotas.facts["raised_to"].get(kind, most)
    advice = f"; the quota can be raised to {raised:,}" if raised > most else ""
    holds = True if size <= most else None if size <= raised else False
    yield Limit(policy.name, "size", holds, f"{size:,} of {most:,} characters{advice if holds is None else ''}")


def _language(change: Change, policy: NewPolicy) -> Iterator[Limit]:
    """What the kind of policy may say, beyond the grammar that reading the file has checked."""
    version = json.loads(policy.text).get("Version")
    if change.kind in TYPES:
        yield Limit(policy.name, "version", version == "2012-10-17", f"Version is {version or 'missing'}")
    for statement in policy.document.statements if change.kind == "rcp" else ():
        place = f"statement {statement.index}"
        if statement.effect != "Deny":
            yield Limit(policy.name, "effect", False, f"{place}: only RCPFullAWSAccess may allow")
        if statement.principals != (("*", "*"),):
            yield Limit(policy.name, "principal", False, f'{place}: Principal has to be "*"')
        if any("*" in action.partition(":")[0] for action in statement.actions or ()):
            yield Limit(policy.name, "action", False, f"{place}: each Action has to name its service, as s3:*")
    if change.kind == "rcp" and not rcp_services_denied(policy.document):
        yield Limit(
            policy.name, "services", None, "it denies no action of a service that RCPs support: nothing changes"
        )
    if blanks := sorted(set(PLACEHOLDER.findall(policy.compact))):
        said = f"{', '.join(blanks[:MOST])}{' …' * (len(blanks) > MOST)}: placeholders, by their form"
        yield Limit(policy.name, "placeholder", None, f"{said}; fill them in, or something else is rehearsed")
    for flaw in flaws(policy.document):
        if flaw.code not in REMARKS:
            where = f"statement {flaw.statement}, {flaw.operator} {flaw.key}"
            yield Limit(policy.name, flaw.code, None, f"{where}: {flaw.detail}")


COUNTED = """
    select count(*) as attached from stg_policy_targets as targets
    inner join stg_organization_policies as policies on targets.policy_id = policies.policy_id
    where policies.policy_type = $type and targets.target_id = $key"""


def _counts(session: Session, change: Change) -> Iterator[Limit]:
    """How many policies the target then has, and whether their type is in force."""
    policy_type = TYPES[change.kind]
    quotas = knowledge.load("policy_quotas").facts["quota"]
    (most,) = (one["max_per_target"] for one in quotas if one["policy_type"] == policy_type)
    ((attached,),) = session.con.execute(COUNTED, {"type": policy_type, "key": change.target.key}).fetchall()
    says = f"{attached} of {most} policies on {change.target.label}"
    yield Limit("", "count", 0 < attached <= most, says + ("" if attached else ": the last one cannot be detached"))
    enabled = session.con.execute("select any_value(enabled_policy_types) from stg_organization_roots").fetchone()
    is_enabled = bool(enabled and policy_type in (enabled[0] or ()))
    yield Limit("", "type", is_enabled, f"{policy_type} is {'' if is_enabled else 'not '}enabled in the organization")
