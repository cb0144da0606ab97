"""For the worst users and roles of least_privilege, their identity policies cut down to what they use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.facts import Found
from pipeline.facts._principals import QUERIES as OF_PRINCIPALS
from pipeline.facts._principals import Holders, dumped, problems
from pipeline.policy import MalformedPolicy, Policy, parse, proposals
from pipeline.policy.proposals import Proposal, Use
from pipeline.schema import ACCOUNT_ID, Column, Dataset, Row

LAST_ACCESSED, ACCESS_ANALYZER = "last_accessed", "access_analyzer"

TABLE = Dataset(
    "fact_proposals",
    "For the worst users and roles of least_privilege, their identity policies cut down to what they use.",
    "account",
    (),
    (
        Column("account_id", "varchar", "Account of the principal", required=True, pattern=ACCOUNT_ID),
        Column("arn", "varchar", "ARN of the user or role", required=True),
        Column("source", "varchar", "What its use is told by", values=(LAST_ACCESSED, ACCESS_ANALYZER)),
        Column("policies", "varchar[]", "The proposed policies as JSON text; each fits a managed policy"),
        Column("size_characters", "bigint", "Size of them all, without whitespace"),
        Column("removed_services", "varchar[]", "Services that go"),
        Column("removed_actions", "varchar[]", "Actions of used services that go"),
        Column("replaces", "json", "The grants in whose place they come: name, arn and via_group"),
        Column("problems", "varchar[]", "What AWS would find wrong with them, as far as can be told without asking"),
        Column("notes", "varchar[]", "What to mind before they are put in place"),
    ),
    key=("account_id", "arn"),
)
WORST = "(from least_privilege where has_proposal)"
QUERIES = {
    **OF_PRINCIPALS,
    "worst": f"""
        select
            worst.account_id,
            worst.arn,
            worst.services_in_use,
            worst.services_not_used,
            roles.is_identity_center,
            generated.policies
        from {WORST} as worst
        left join stg_roles as roles on worst.account_id = roles.account_id and worst.arn = roles.arn
        left join int_generated_policies as generated
            on worst.account_id = generated.account_id and worst.arn = generated.principal_arn
        order by worst.arn""",
    "grants": f"""
        select
            grants.principal_arn,
            list(
                {{
                    name: grants.policy_name,
                    arn: grants.policy_arn,
                    via_group: grants.via_group,
                    sha256: grants.document_sha256
                }}
                order by grants.policy_name, grants.policy_arn, grants.document_sha256, grants.via_group
            )
        from int_grants as grants
        semi join {WORST} as worst on grants.account_id = worst.account_id and grants.principal_arn = worst.arn
        group by grants.principal_arn""",
    "actions": f"""
        select usage.arn, list(usage.action order by usage.action)
        from stg_action_usage as usage
        inner join {WORST} as worst on usage.account_id = worst.account_id and usage.arn = worst.arn
        where usage.unused_days <= worst.used_days
        group by usage.arn""",
    "tracked": "select action from stg_tracked_actions order by action",
}

NOTHING_USED = "It used none of its services: take its policies away, or the principal itself."
IDENTITY_CENTER = "IAM Identity Center keeps the role: change its permission set, which other accounts may share."
THROUGH_GROUPS = "It is a member of groups: the groups' policies come to it until it leaves them."
WHOLE = "Services are left whole: the actions that it used of them would take more managed policies."
DATA_EVENTS = (
    "Access Analyzer does not see data events, such as reading objects: add back what it needs of the actions removed."
)


def rows(found: Found) -> Iterator[Row]:
    holders = Holders(found)
    grants: dict[str, Any] = dict(found["grants"])
    actions: dict[str, Any] = dict(found["actions"])
    tracked = frozenset(action for (action,) in found["tracked"])
    for account_id, arn, services, unused, is_identity_center, generated in found["worst"]:
        held = grants.get(arn, [])
        policies = [holders.policy(one["name"], one["sha256"], one["arn"] or "") for one in held]
        use = Use(frozenset(services), frozenset(actions.get(arn, ())), tracked, named(generated or ()))
        made = judged(policies, use)
        yield {
            "account_id": account_id,
            "arn": arn,
            "source": ACCESS_ANALYZER if use.generated else LAST_ACCESSED,
            "policies": list(made.policies),
            "size_characters": made.size,
            "removed_services": sorted(set(unused) - use.all_services),
            "removed_actions": list(made.removed_actions),
            "replaces": dumped([{key: one[key] for key in ("name", "arn", "via_group")} for one in held]),
            "problems": list(made.problems),
            "notes": list(notes(held, use, made, bool(is_identity_center))),
        }


def named(policies: Sequence[str]) -> frozenset[str]:
    """The action patterns that generated policies allow; none of one that cannot be read."""
    found: set[str] = set()
    for text in policies:
        try:
            statements = parse(text, "identity").statements
        except MalformedPolicy:
            continue
        found |= {pattern for one in statements if one.effect == "Allow" for pattern in one.actions or ()}
    return frozenset(found)


def judged(policies: Sequence[Policy], use: Use) -> Proposal:
    """The proposal; none in place of a policy that could not be read, for nobody knows what would be lost."""
    if unread := problems(policies):
        return Proposal((), (), tuple(f"Could not be read: {one}." for one in unread))
    return proposals.propose([one.document for one in policies if one.document], use)


def notes(held: Sequence[dict[str, Any]], use: Use, made: Proposal, is_identity_center: bool) -> Iterator[str]:
    if not made.policies and not made.problems:
        yield NOTHING_USED
    if is_identity_center:
        yield IDENTITY_CENTER
    if any(one["via_group"] for one in held):
        yield THROUGH_GROUPS
    if use.generated and made.removed_actions:
        yield DATA_EVENTS
    if made.is_whole:
        yield WHOLE
    if len(made.policies) > 1:
        yield f"Does not fit one managed policy: split in {len(made.policies)}, all of which it needs."
