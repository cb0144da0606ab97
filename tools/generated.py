"""Generates the landing of a synthetic organization of any size, in seconds and without AWS, for benchmarks and tests.

Every account has the same number of roles of a few kinds: assumed by services, assumed by another account, or unused
for a long time. All other datasets have a successful extract without rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipeline import collectors, landing
from pipeline.aws.session import GLOBAL
from pipeline.night import Night
from pipeline.schema import EXTRACTS, Dataset, Row

REGION, ROOT, UNIT = "us-east-1", "r-made", "ou-made-workloads"
SERVICES = ("ec2", "lambda", "ecs-tasks", "states", "codebuild")
UNUSED_DAYS, USED_DAYS = 200, 5
UNUSED_OF = 10
"""One role in this many is unused."""


@dataclass(frozen=True)
class Organization:
    """The size of the organization; the first account is the management account."""

    accounts: int
    roles: int
    """Roles per account."""

    @property
    def account_ids(self) -> list[str]:
        return [f"{100_000_000_000 + number}" for number in range(self.accounts)]

    @property
    def management(self) -> str:
        return self.account_ids[0]


def land(night: Night, organization: Organization, used_again: int = 0) -> None:
    """Land a night of the organization. `used_again` of the unused roles were used since yesterday."""
    datasets = collectors.datasets()
    rows: dict[str, list[Row]] = {
        name: list(dataset_rows) for name, dataset_rows in _rows(night, organization, used_again).items()
    }
    folder = landing.begin(night, "made")
    with landing.Part(folder, "all") as part:
        for name, dataset_rows in rows.items():
            part.add("", {name: datasets[name].table(filled(datasets[name], row) for row in dataset_rows)})
        part.add("", {EXTRACTS.name: EXTRACTS.table(_extracts(organization, rows))})
    landing.commit(night, "made")


def filled(dataset: Dataset, values: Row) -> Row:
    """A row of a dataset; missing columns are null."""
    return {column.name: values.get(column.name) for column in dataset.columns}


def _rows(night: Night, organization: Organization, used_again: int) -> dict[str, Iterator[Row]]:
    return {
        "organization": _organization(organization),
        "organization_roots": iter([{"root_id": ROOT, "arn": _arn(organization, "root", ROOT), "name": "Root"}]),
        "organizational_units": iter(
            [{"ou_id": UNIT, "arn": _arn(organization, "ou", UNIT), "name": "Workloads", "parent_id": ROOT}]
        ),
        "accounts": _accounts(organization),
        "roles": _roles(night, organization, used_again),
    }


def _arn(organization: Organization, kind: str, name: str) -> str:
    return f"arn:aws:organizations::{organization.management}:{kind}/o-made/{name}"


def _organization(organization: Organization) -> Iterator[Row]:
    yield {
        "organization_id": "o-made",
        "arn": f"arn:aws:organizations::{organization.management}:organization/o-made",
        "feature_set": "ALL",
        "management_account_id": organization.management,
        "management_account_arn": _arn(organization, "account", organization.management),
    }


def _accounts(organization: Organization) -> Iterator[Row]:
    for number, account_id in enumerate(organization.account_ids):
        yield {
            "account_id": account_id,
            "arn": _arn(organization, "account", account_id),
            "name": f"workload-{number:05}",
            "email": f"aws+{account_id}@example.com",
            "state": "ACTIVE",
            "parent_id": UNIT if number else ROOT,
            "tags": json.dumps({"owner": f"team-{number % 7}"}),
            "is_management": number == 0,
            "is_in_scope": True,
        }


def _roles(night: Night, organization: Organization, used_again: int) -> Iterator[Row]:
    midnight = datetime.combine(night.as_of, datetime.min.time())
    for account_id in organization.account_ids:
        for number in range(organization.roles):
            is_unused = number % UNUSED_OF == 0
            if is_unused and used_again:
                is_unused, used_again = False, used_again - 1
            yield {
                "account_id": account_id,
                "role_name": f"app-{number:05}",
                "role_id": f"AROA{account_id}{number:05}",
                "arn": f"arn:aws:iam::{account_id}:role/app-{number:05}",
                "path": "/",
                "created_at": datetime(2024, 1, 1),
                "trust_document": _trust(organization, number),
                "last_used_at": midnight - timedelta(days=UNUSED_DAYS if is_unused else USED_DAYS),
                "last_used_region": REGION,
                "instance_profile_names": [],
                "tags": "{}",
            }


def _trust(organization: Organization, number: int) -> str:
    """One role in seven is assumed from the management account, the rest by a service."""
    principal: dict[str, Any] = {"Service": f"{SERVICES[number % len(SERVICES)]}.amazonaws.com"}
    if number % 7 == 0:
        principal = {"AWS": f"arn:aws:iam::{organization.management}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _extracts(organization: Organization, rows: dict[str, list[Row]]) -> Iterator[Row]:
    """Successful extracts of every dataset in every account and Region."""
    for dataset in collectors.datasets().values():
        landed = rows.get(dataset.name, [])
        of_organization = dataset.scope == "organization"
        for account_id in [organization.management] if of_organization else organization.account_ids:
            if dataset.operations:
                count = len(landed) if of_organization else len(landed) // organization.accounts
                region = REGION if dataset.scope == "region" else GLOBAL
                extract = {"account_id": account_id, "region": region, "dataset": dataset.name, "status": "ok"}
                yield filled(EXTRACTS, extract | {"rows": count})
