"""Proposals for the worst users and roles of least_privilege: their identity policies reduced to what they use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._evidence import dumped, problems
from pipeline.facts._principals import identity_policy
from pipeline.policy import MalformedPolicy, parse, proposals
from pipeline.policy.proposals import Proposal, Use
from pipeline.schema import ACCOUNT_ID, Column, Dataset, Row

LAST_ACCESSED, ACCESS_ANALYZER = "last_accessed", "access_analyzer"

TABLE = Dataset(
    "fact_proposals",
    "Proposals for the worst users and roles of least_privilege: their identity policies reduced to what they use.",
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
WORST = "(from int_privilege_use where has_proposal)"
QUERIES = {
    "worst": f"""
        with
        worst as {WORST},

        held as (
            select
                grants.principal_arn,
                list(
                    {{
                        name: grants.policy_name,
                        arn: grants.policy_arn,
                        via_group: grants.via_group,
                        sha256: grants.document_sha256,
                        document: documents.document
                    }}
                    order by grants.policy_name, grants.policy_arn, grants.document_sha256, grants.via_group
                ) as grants
            from int_grants as grants
            semi join worst on grants.account_id = worst.account_id and grants.principal_arn = worst.arn
            left join int_identity_documents as documents on grants.document_sha256 = documents.document_sha256
            group by grants.principal_arn
        ),

        used as (
            select usage.arn, list(usage.action order by usage.action) as actions
            from stg_action_usage as usage
            inner join worst on usage.account_id = worst.account_id and usage.arn = worst.arn
            where usage.unused_days <= worst.used_days
            group by usage.arn
        )

        select
            worst.account_id,
            worst.arn,
            worst.services_in_use,
            worst.services_not_used,
            coalesce(roles.is_identity_center, false) as is_identity_center,
            coalesce(generated.policies, []) as generated_policies,
            coalesce(held.grants, []) as grants,
            coalesce(used.actions, []) as used_actions
        from worst
        left join stg_roles as roles on worst.account_id = roles.account_id and worst.arn = roles.arn
        left join int_generated_policies as generated
            on worst.account_id = generated.account_id and worst.arn = generated.principal_arn
        left join held on worst.arn = held.principal_arn
        left join used on worst.arn = used.arn
        order by worst.arn""",
    "tracked": "select action from stg_tracked_actions order by action",
}
JUDGES: tuple[PolicyLayer, ...] = ("identity",)

NOTHING_USED = "It used none of its services: take its policies away, or the principal itself."
IDENTITY_CENTER = "IAM Identity Center keeps the role: change its permission set, which other accounts may share."
THROUGH_GROUPS = "It is a member of groups: the groups' policies come to it until it leaves them."
WHOLE = "Services are left whole: the actions that it used of them would take more managed policies."
DATA_EVENTS = (
    "Access Analyzer does not see data events, such as reading objects: add back what it needs of the actions removed."
)


def rows(tables: Queried) -> Iterator[Row]:
    tracked = frozenset(row["action"] for row in tables["tracked"])
    for worst in tables["worst"]:
        used = (frozenset(worst["services_in_use"]), frozenset(worst["used_actions"]))
        use = Use(*used, tracked, allowed_patterns(worst["generated_policies"]))
        proposal = proposed(worst["grants"], use)
        yield {
            "account_id": worst["account_id"],
            "arn": worst["arn"],
            "source": ACCESS_ANALYZER if use.generated else LAST_ACCESSED,
            "policies": list(proposal.policies),
            "size_characters": proposal.size,
            "removed_services": sorted(set(worst["services_not_used"]) - use.all_services),
            "removed_actions": list(proposal.removed_actions),
            "replaces": dumped(
                [{key: grant[key] for key in ("name", "arn", "via_group")} for grant in worst["grants"]]
            ),
            "problems": list(proposal.problems),
            "notes": list(notes(worst, use, proposal)),
        }


def allowed_patterns(policies: Sequence[str]) -> frozenset[str]:
    """The action patterns in generated policies; unreadable policies are ignored."""
    patterns: set[str] = set()
    for text in policies:
        try:
            statements = parse(text, "identity").statements
        except MalformedPolicy:
            continue
        patterns.update(*(statement.actions or () for statement in statements if statement.effect == "Allow"))
    return frozenset(patterns)


def proposed(grants: Sequence[Row], use: Use) -> Proposal:
    """The proposal; None if a policy could not be read, because it is not known what would be lost."""
    policies = [identity_policy(grant | {"arn": grant["arn"] or ""}) for grant in grants]
    if unread := problems(policies):
        return Proposal((), (), tuple(f"Could not be read: {problem}." for problem in unread))
    return proposals.propose([policy.document for policy in policies if policy.document], use)


def notes(worst: Row, use: Use, proposal: Proposal) -> Iterator[str]:
    """Caveats to consider before applying the policies."""
    if not proposal.policies and not proposal.problems:
        yield NOTHING_USED
    if worst["is_identity_center"]:
        yield IDENTITY_CENTER
    if any(grant["via_group"] for grant in worst["grants"]):
        yield THROUGH_GROUPS
    if use.generated and proposal.removed_actions:
        yield DATA_EVENTS
    if proposal.is_whole:
        yield WHOLE
    if len(proposal.policies) > 1:
        yield f"Does not fit one managed policy: split in {len(proposal.policies)}, all of which it needs."
