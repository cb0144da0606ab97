"""Roots, organizational units and accounts: one walk of the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.collectors import Rows
from pipeline.collectors._values import TAGS, tags, utc
from pipeline.collectors.organization import is_alone
from pipeline.schema import ARN, Column, Dataset, Row, account_column

ROOT_ID = r"r-[0-9a-z]{4,32}"
TAGS_OF = "organizations:ListTagsForResource"
# Accounts in a row of which the tags may not be read; then no more are asked for.
DENIALS = 3
OU_ID = r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}"

ROOTS = Dataset(
    "organization_roots",
    "Roots of the organization, with the policy types enabled on them.",
    "organization",
    ("organizations:ListRoots",),
    (
        Column("root_id", "varchar", "Id of the root", required=True, pattern=ROOT_ID),
        Column("arn", "varchar", "ARN of the root", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the root", required=True),
        Column("enabled_policy_types", "varchar[]", "Policy types that are enabled, by name", required=True),
    ),
    key=("root_id",),
)

UNITS = Dataset(
    "organizational_units",
    "Organizational units. The parent is the root or another unit.",
    "organization",
    ("organizations:ListRoots", "organizations:ListOrganizationalUnitsForParent"),
    (
        Column("ou_id", "varchar", "Id of the organizational unit", required=True, pattern=OU_ID),
        Column("arn", "varchar", "ARN of the organizational unit", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the organizational unit", required=True),
        Column(
            "parent_id",
            "varchar",
            "Id of the parent root or organizational unit",
            required=True,
            pattern=f"{ROOT_ID}|{OU_ID}",
        ),
    ),
    key=("ou_id",),
)

ACCOUNTS = Dataset(
    "accounts",
    "Every account of the organization, including suspended and closed ones and those that the settings exclude.",
    "organization",
    ("organizations:ListAccounts", "organizations:ListAccountsForParent", "organizations:ListTagsForResource"),
    (
        account_column(),
        Column("arn", "varchar", "ARN of the account", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the account", required=True),
        Column("email", "varchar", "Email address of the account's root user", required=True),
        Column(
            "state",
            "varchar",
            "State of the account",
            required=True,
            values=("PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"),
        ),
        Column("joined_method", "varchar", "How it joined the organization", values=("INVITED", "CREATED")),
        Column("joined_at", "timestamp", "When it joined the organization (UTC)"),
        Column(
            "parent_id",
            "varchar",
            "Id of the parent root or organizational unit; null where AWS gives none (a closed account)",
            pattern=f"{ROOT_ID}|{OU_ID}",
        ),
        TAGS,
        Column("is_management", "boolean", "Whether it is the management account", required=True),
        Column("is_in_scope", "boolean", "Whether the settings select it", required=True),
    ),
    key=("account_id",),
    may_be_empty=False,
)

DATASETS = (ROOTS, UNITS, ACCOUNTS)


def collect(organization: Account) -> Rows:
    """`is_in_scope` is left true for all: which accounts the settings select is for the plan to say."""
    if is_alone(organization):
        return {ROOTS.name: [], UNITS.name: [], ACCOUNTS.name: [_alone(organization)]}
    management_id = organization.rows("organization")[0]["management_account_id"]
    roots = list(organization.pages("organizations:ListRoots", "Roots"))
    if not roots:
        raise organization.failed("organizations:ListRoots", "truncated", "it lists no root, and there is always one")
    units = [unit for root in roots for unit in _units_below(organization, root["Id"])]
    listed = list(organization.pages("organizations:ListAccounts", "Accounts"))
    needed = any(_state(account) == "ACTIVE" and not _parent_in_path(account) for account in listed)
    parent_ids = [root["Id"] for root in roots] + [unit["ou_id"] for unit in units]
    below = _accounts_below(organization, parent_ids, needed)
    # Either list can lack what joined while the other was read, or a page that was lost.
    by_id = {account["Id"]: account for account, _ in below} | {account["Id"]: account for account in listed}
    parents = {account["Id"]: parent_id for account, parent_id in below}
    tagged = _tags(organization, sorted(by_id))
    rows = [_account(account, parents, management_id) | {"tags": tagged[account["Id"]]} for account in by_id.values()]
    return {
        ROOTS.name: [_root(root) for root in roots],
        UNITS.name: [*units, *_units_in_paths(by_id.values(), {unit["ou_id"] for unit in units})],
        ACCOUNTS.name: sorted(rows, key=lambda row: str(row["account_id"])),
    }


def _alone(account: Account) -> Row:
    """The row of an account in no organization: there, AWS tells of its name and address only to itself."""
    own = {
        "account_id": account.account_id,
        "arn": f"arn:{account.partition}:iam::{account.account_id}:root",
        "name": account.account_id,
        "email": "",
        "state": "ACTIVE",
        "tags": tags(()),
        "is_management": True,
        "is_in_scope": True,
    }
    return {column.name: own.get(column.name) for column in ACCOUNTS.columns}


def _units_in_paths(accounts: Iterable[dict[str, Any]], unit_ids: set[str]) -> Iterator[Row]:
    """Units that the walk has not met and accounts stand under: made, or moved, since. AWS names them by id alone."""
    for account in accounts:
        steps = [step for path in account.get("Paths", [])[:1] for step in path.split("/")]
        for above, unit_id in pairwise(steps):
            if unit_id.startswith("ou-") and unit_id not in unit_ids:
                unit_ids.add(unit_id)
                arn = f"{account['Arn'].rpartition(':')[0]}:ou/{steps[0]}/{unit_id}"
                yield {"ou_id": unit_id, "arn": arn, "name": unit_id, "parent_id": above}


def _tags(organization: Account, account_ids: list[str]) -> dict[str, str]:
    """The tags of each account, as `tags` writes them.

    They say who owns an account, and nothing is judged by them: where they may not be read, the run goes on without.
    Raises `CallFailed` where the settings select accounts by tag.
    """
    settings, denied = organization.settings, 0
    tags_by_id = {}
    for account_id in account_ids:
        tags_by_id[account_id] = tags(())
        if denied >= DENIALS:
            continue
        try:
            items = list(organization.pages(TAGS_OF, "Tags", may_be_gone=True, ResourceId=account_id))
            tags_by_id[account_id], denied = tags(items), 0
        except CallFailed as failed:
            if settings.include_tags or settings.exclude_tags:
                raise
            denied += failed.error_class.endswith("_deny")
    return tags_by_id


def _units_below(organization: Account, parent_id: str) -> Iterator[Row]:
    operation = "organizations:ListOrganizationalUnitsForParent"
    # A unit that is gone since has no units.
    for unit in list(organization.pages(operation, "OrganizationalUnits", may_be_gone=True, ParentId=parent_id)):
        yield {"ou_id": unit["Id"], "arn": unit["Arn"], "name": unit["Name"], "parent_id": parent_id}
        yield from _units_below(organization, unit["Id"])


def _accounts_below(organization: Account, parent_ids: list[str], are_needed: bool) -> list[tuple[dict[str, Any], str]]:
    """Accounts with the id of what they stand under: one call a parent, not one an account.

    `are_needed`: ListAccounts gave no `Paths`. Otherwise they only complete its list, and a failure is no matter.
    """
    operation = "organizations:ListAccountsForParent"
    accounts: list[tuple[dict[str, Any], str]] = []
    for parent_id in parent_ids:
        try:
            below = list(organization.pages(operation, "Accounts", may_be_gone=True, ParentId=parent_id))
        except CallFailed:
            if are_needed:
                raise
            return accounts
        accounts += [(account, parent_id) for account in below]
    return accounts


def _parent_in_path(account: dict[str, Any]) -> str | None:
    """The last root or unit of `o-…/r-…/ou-…/123456789012/`."""
    steps = [step for path in account.get("Paths", [])[:1] for step in path.split("/")]
    return next((step for step in reversed(steps) if step.startswith(("ou-", "r-"))), None)


def _state(account: dict[str, Any]) -> str:
    """`State`; the retired `Status` only where there is no `State`."""
    state: str = account.get("State") or account["Status"]
    return state


def _root(root: dict[str, Any]) -> Row:
    enabled = sorted(t["Type"] for t in root.get("PolicyTypes", []) if t["Status"] == "ENABLED")
    return {"root_id": root["Id"], "arn": root["Arn"], "name": root["Name"], "enabled_policy_types": enabled}


def _account(account: dict[str, Any], parents: dict[str, str], management_id: str) -> Row:
    account_id = account["Id"]
    return {
        "account_id": account_id,
        "arn": account["Arn"],
        "name": account["Name"],
        "email": account["Email"],
        "state": _state(account),
        "joined_method": account.get("JoinedMethod"),
        "joined_at": utc(account.get("JoinedTimestamp")),
        "parent_id": _parent_in_path(account) or parents.get(account_id),
        "is_management": account_id == management_id,
        "is_in_scope": True,
    }
