"""Regions that the organization's service control policies deny to everybody in an account.

A denial of the reader says nothing about other principals. So the policies are evaluated: a Region is closed if the
SCPs on the account's path deny ordinary requests of a role with full permissions there, while another Region is open.
(If all Regions are closed, the account is quarantined, and its resources still exist.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pipeline.policy import Context, Policies, Policy, Request, Verdict, evaluate
from pipeline.schema import Row
from pipeline.settings import Settings

SCP = "SERVICE_CONTROL_POLICY"
CONDITION = "aws:requestedregion"
# Somebody, and actions of services that every account can use in any region.
WHO = "role/ordinary-role-of-the-account"
ACTIONS = ("ec2:RunInstances", "lambda:CreateFunction", "ecs:CreateCluster", "sqs:CreateQueue")
ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}

Levels = Sequence[Sequence[Policy]]


def closed_regions(
    rows_of: Callable[[str], list[Row] | None],
    regions: Callable[[str], list[str]],
    settings: Settings,
    who: str = WHO,
    actions: Sequence[str] = ACTIONS,
) -> dict[str, list[str]]:
    """Closed Regions by account id, for accounts that have any.

    `rows_of` returns the rows of a dataset of the organization, or None if it was not read: then no Region counts as
    closed. `regions` returns the Regions of a partition. `who` (`role/name`) is denied all of the actions there.
    """
    names = ("organization_policies", "policy_targets", "organization_roots", "organizational_units", "accounts")
    tables = {name: rows_of(name) for name in names}
    if any(rows is None for rows in tables.values()):
        return {}
    policies, targets, roots, units, accounts = (rows or [] for rows in tables.values())
    scps = {row["policy_id"]: row for row in policies if row["policy_type"] == SCP}
    if not any(CONDITION in (row["document"] or "").lower() for row in scps.values()):
        return {}
    if not any(SCP in root["enabled_policy_types"] for root in roots):
        return {}
    attached: dict[str, list[str]] = {}
    for target in targets:
        if target["policy_id"] in scps:
            attached.setdefault(target["target_id"], []).append(target["policy_id"])
    parents = {unit["ou_id"]: unit["parent_id"] for unit in units}
    read = {key: Policy.read(row["name"], row["document"], "scp") for key, row in scps.items()}

    def closed(levels: Levels, account_id: str, partition: str) -> list[str]:
        every = sorted({*settings.regions, *regions(partition)})
        arn = f"arn:{partition}:iam::{account_id}:{who}"
        found = [region for region in every if all(_denied(levels, arn, region, action) for action in actions)]
        return found if len(found) < len(every) else []

    return _by_account(accounts, parents, attached, read, scps, closed)


def _by_account(
    accounts: Iterable[Row],
    parents: dict[str, str],
    attached: dict[str, list[str]],
    read: dict[str, Policy],
    scps: dict[str, Row],
    closed_to: Callable[[Levels, str, str], list[str]],
) -> dict[str, list[str]]:
    """Accounts with the same policies at the same levels are evaluated once, unless a policy names the account."""
    judged: dict[tuple[object, ...], list[str]] = {}
    closed = {}
    for account in accounts:
        if account["is_management"] or not account["parent_id"]:
            continue
        line = [account["account_id"], account["parent_id"]]
        while line[-1] in parents:
            line.append(parents[line[-1]])
        chain = tuple(tuple(sorted(attached.get(step, ()))) for step in reversed(line))
        own = any(account["account_id"] in (scps[key]["document"] or "") for level in chain for key in level)
        partition = account["arn"].split(":")[1]
        key = (chain, partition, account["account_id"] if own else None)
        if key not in judged:
            levels = [[read[name] for name in level] for level in chain]
            judged[key] = closed_to(levels, account["account_id"], partition)
        if judged[key]:
            closed[account["account_id"]] = judged[key]
    return closed


def _denied(levels: Levels, arn: str, region: str, action: str) -> bool:
    _, partition, _, _, account_id, _ = arn.split(":", 5)
    request = Request.of(
        arn,
        action,
        f"arn:{partition}:{action.partition(':')[0]}:{region}:{account_id}:any/any",
        Context.of({"aws:RequestedRegion": region, "aws:SecureTransport": True}, complete=False),
        account_id,
    )
    decision = evaluate(request, Policies([Policy.read("all", ALLOW)], scp_levels=levels))
    return decision.verdict in (Verdict.EXPLICITLY_DENIED, Verdict.IMPLICITLY_DENIED)
