"""Last accessed information: when each user and role last used its services, and the actions that AWS tracks.

A report is a job at AWS for each principal, of services and actions at once. It is asked for when a principal is new,
when its permissions have changed, and otherwise once in seven nights: its ARN decides on which.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from itertools import chain
from typing import Any

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.collectors import Rows, _jobs
from pipeline.collectors._turns import is_due
from pipeline.collectors._values import compact, utc
from pipeline.collectors.authorization_details import DATASETS as DETAILS
from pipeline.rows import group
from pipeline.schema import ARN, Column, Dataset, Row, account_column

GENERATE = "iam:GenerateServiceLastAccessedDetails"
GET = "iam:GetServiceLastAccessedDetails"
GRANULARITY = "ACTION_LEVEL"
# Permissions of service-linked roles cannot be reduced by the account.
SERVICE_LINKED = "/aws-service-role/"
OPERATIONS = (*DETAILS[0].operations, GENERATE, GET)

READS = Dataset(
    "last_accessed_reads",
    "For each user and role, the last accessed report in use: its night, and the permissions that it was made for.",
    "account",
    OPERATIONS,
    (
        account_column(),
        Column("arn", "varchar", "ARN of the user or role", required=True, pattern=ARN),
        Column("permissions_sha256", "varchar", "SHA-256 of its permissions, to detect changes", required=True),
        Column("read_on", "date", "Night on which the report was generated", required=True),
        Column("status", "varchar", "Status of the report", required=True, values=("COMPLETED", "FAILED")),
        Column("message", "varchar", "Why AWS could not generate it"),
    ),
    key=("account_id", "arn"),
)

SERVICES = Dataset(
    "service_last_accessed",
    "Services that each user and role can access, and when it last did.",
    "account",
    OPERATIONS,
    (
        account_column(),
        Column("arn", "varchar", "ARN of the user or role", required=True, references="last_accessed_reads.arn"),
        Column("service", "varchar", "Service prefix of its actions", required=True),
        Column(
            "last_accessed_at", "timestamp", "When it was last accessed (UTC); null for never in AWS's tracking period"
        ),
        Column("last_accessed_region", "varchar", "Region of that access"),
    ),
    key=("account_id", "arn", "service"),
)

ACTIONS = Dataset(
    "action_last_accessed",
    "Tracked actions that each user and role has used; unused ones are not listed.",
    "account",
    OPERATIONS,
    (
        account_column(),
        Column("arn", "varchar", "ARN of the user or role", required=True, references="last_accessed_reads.arn"),
        Column("service", "varchar", "Service prefix of its actions", required=True),
        Column("action", "varchar", "Action without that prefix", required=True),
        Column("last_accessed_at", "timestamp", "When it was last used (UTC)", required=True),
    ),
    key=("account_id", "arn", "service", "action"),
)

TRACKED = Dataset(
    "tracked_actions",
    "Actions that AWS tracks, as far as the account's reports name them: a row for each service.",
    "account",
    OPERATIONS,
    (
        account_column(),
        Column("service", "varchar", "Service prefix of its actions", required=True),
        Column("actions", "varchar[]", "Actions without that prefix", required=True),
    ),
    key=("account_id", "service"),
)

DATASETS = (READS, SERVICES, ACTIONS, TRACKED)


def collect(account: Account) -> Rows:
    earlier = {row["arn"]: row for row in account.remembered(READS) if row["status"] == "COMPLETED"}
    used = {dataset: group(account.remembered(dataset), "arn") for dataset in (SERVICES, ACTIONS)}
    tracked = {row["service"]: set(row["actions"]) for row in account.remembered(TRACKED)}
    digests, reads, services, actions = permissions(account), [], [], []
    for arn, digest in sorted(digests.items()):
        earlier_read = earlier.get(arn)
        if (
            earlier_read
            and earlier_read["permissions_sha256"] == digest
            and not is_due(arn, earlier_read["read_on"], account.memory.as_of)
        ):
            reads.append(earlier_read)
            services += used[SERVICES].get(arn, [])
            actions += used[ACTIONS].get(arn, [])
    jobs, refused = _started(account, sorted(set(digests) - {row["arn"] for row in reads}))
    for arn, pages in chain(refused.items(), _jobs.all_answers(account, GET, jobs, "ServicesLastAccessed")):
        row = {"account_id": account.account_id, "arn": arn}
        if isinstance(pages, CallFailed):
            reads.append(row | _not_read(pages, digests[arn], account.memory.as_of))
            continue
        reads.append(row | _read(pages[0], digests[arn], account.memory.as_of))
        for accessed in (accessed for page in pages for accessed in page.get("ServicesLastAccessed") or ()):
            services.append(row | _service(accessed))
            actions += [row | used_action for used_action in _actions(accessed)]
            if listed := accessed.get("TrackedActionsLastAccessed"):
                tracked.setdefault(accessed["ServiceNamespace"], set()).update(
                    action["ActionName"] for action in listed
                )
    tracked_rows = [
        {"account_id": account.account_id, "service": service, "actions": sorted(names)}
        for service, names in sorted(tracked.items())
    ]
    return {READS.name: reads, SERVICES.name: services, ACTIONS.name: actions, TRACKED.name: tracked_rows}


def permissions(account: Account) -> dict[str, str]:
    """Users and roles, service-linked ones left out, with a hash of what they may do."""
    documents = {row["arn"]: row["document"] for row in account.rows("policies")}
    policies: dict[tuple[str, str], list[str]] = {}
    for row in account.rows("policy_attachments"):
        text = f"{row['policy_arn']} {documents.get(row['policy_arn'])}"
        policies.setdefault((row["principal_type"], row["principal_name"]), []).append(text)
    for row in account.rows("inline_policies"):
        policies.setdefault((row["principal_type"], row["principal_name"]), []).append(row["document"])
    digests = {}
    for user in account.rows("users"):
        parts = [
            *policies.get(("user", user["user_name"]), []),
            f"{user['user_id']} {user['permissions_boundary_arn']}",
        ]
        for name in user["group_names"] or ():
            parts += policies.get(("group", name), [])
        digests[user["arn"]] = _digest(parts)
    for role in account.rows("roles"):
        if not role["path"].startswith(SERVICE_LINKED):
            parts = [
                *policies.get(("role", role["role_name"]), []),
                f"{role['role_id']} {role['permissions_boundary_arn']}",
            ]
            digests[role["arn"]] = _digest(parts)
    return digests


def _digest(parts: list[str]) -> str:
    """With the granularity, so that a report of services alone is asked for again."""
    return sha256(compact([GRANULARITY, *sorted(parts)]).encode()).hexdigest()


def _started(account: Account, arns: list[str]) -> tuple[dict[str, str], dict[str, CallFailed]]:
    """The jobs, all at once, so that AWS works on them while the first is waited for; and the principals that were
    refused one. A principal that is gone since has none. Raises `CallFailed` where all were refused.
    """
    jobs: dict[str, str] = {}
    refused: dict[str, CallFailed] = {}
    for arn in arns:
        try:
            answer = account.optional(GENERATE, Arn=arn, Granularity=GRANULARITY)
        except CallFailed as failed:
            refused[arn] = failed
        else:
            jobs |= {arn: answer["JobId"]} if answer else {}
    if refused and len(refused) == len(arns):
        raise next(iter(refused.values()))
    return jobs, refused


def _not_read(failed: CallFailed, digest: str, as_of: date) -> Row:
    return {"permissions_sha256": digest, "read_on": as_of, "status": _jobs.FAILED, "message": str(failed)}


def _read(answer: dict[str, Any], digest: str, as_of: date) -> Row:
    failed = answer["JobStatus"] == _jobs.FAILED
    return {
        "permissions_sha256": digest,
        "read_on": as_of,
        "status": answer["JobStatus"],
        "message": answer.get("Error", {}).get("Message") if failed else None,
    }


def _service(service: dict[str, Any]) -> Row:
    at: datetime | None = service.get("LastAuthenticated")
    return {
        "service": service["ServiceNamespace"],
        "last_accessed_at": utc(at),
        "last_accessed_region": service.get("LastAuthenticatedRegion"),
    }


def _actions(service: dict[str, Any]) -> Iterator[Row]:
    for action in service.get("TrackedActionsLastAccessed") or ():
        if at := action.get("LastAccessedTime"):
            yield {"service": service["ServiceNamespace"], "action": action["ActionName"], "last_accessed_at": utc(at)}
