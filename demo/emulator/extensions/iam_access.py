"""IAM: service last accessed data, by principal and for the organization. Jobs are complete at the first request,
except for one principal in eight, whose first request returns IN_PROGRESS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from fnmatch import fnmatchcase, translate
from functools import cache
from hashlib import sha256
from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError, no_such_entity
from demo.emulator.extensions.iam import paged
from demo.emulator.extensions.organizations import unit_path
from demo.emulator.services import COMMON, SERVICES, TRACKED
from demo.organization.aws_policies import aws_policy
from demo.organization.identity_center import uuid
from demo.organization.model import Account, Document, Principal, Role, User

FEW = 8
# Of how many services, and of how many tracked actions, one is used; of common services, every other one.
RARELY, SELDOM = 40, 4
NEVER = r"(?!)"
SERVICE_NAMES = {
    "s3": "Amazon S3",
    "iam": "AWS Identity and Access Management",
    "ec2": "Amazon EC2",
    "lambda": "AWS Lambda",
    "sts": "AWS Security Token Service",
    "dynamodb": "Amazon DynamoDB",
    "kms": "AWS Key Management Service",
}


def generate_service_last_accessed_details(call: Call) -> dict[str, Any]:
    arn = call.need("Arn")
    owner = _owner(call.account, arn)
    job = uuid(call.scene, f"last-accessed|{arn}|{call.get('Granularity')}")
    call.state.jobs[job] = {
        "account": call.account.id,
        "owner": owner,
        "granularity": call.get("Granularity", "SERVICE_LEVEL"),
        "waits": int(call.scene.number(f"slow|{arn}", 8) == 0),
    }
    return {"JobId": job}


def get_service_last_accessed_details(call: Call) -> dict[str, Any]:
    job = _job(call)
    answer = {
        "JobStatus": "COMPLETED",
        "JobType": job["granularity"],
        "JobCreationDate": call.scene.now,
        "JobCompletionDate": call.scene.now + timedelta(seconds=2),
    }
    if job["waits"] > 0:
        job["waits"] -= 1
        return answer | {"JobStatus": "IN_PROGRESS", "ServicesLastAccessed": [], "IsTruncated": False}
    used = services_used(call.account, job["owner"])
    rows = [_service_row(call.account, job, service, at) for service, at in sorted(used.items())]
    return answer | paged(call, "ServicesLastAccessed", rows)


def _job(call: Call) -> dict[str, Any]:
    job = call.state.jobs.get(call.need("JobId"))
    if not isinstance(job, dict) or job["account"] != call.account.id:
        raise no_such_entity(f"{call.need('JobId')} does not exist.")
    return job


def _owner(account: Account, arn: str) -> Principal:
    for principal in account.principals():
        if principal.arn == arn:
            return principal
    raise no_such_entity(f"ARN {arn} was not found.")


def _service_row(account: Account, job: dict[str, Any], service: str, at: datetime | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ServiceName": SERVICE_NAMES.get(service, f"AWS {service}"),
        "ServiceNamespace": service,
        "TotalAuthenticatedEntities": int(at is not None),
    }
    if at is not None:
        entity = job["owner"].arn
        row |= {"LastAuthenticated": at, "LastAuthenticatedEntity": entity, "LastAuthenticatedRegion": "us-east-1"}
        # Null, as AWS has it, where none of the tracked actions was used.
        if job["granularity"] == "ACTION_LEVEL" and (actions := list(_action_rows(account, job["owner"], service, at))):
            row["TrackedActionsLastAccessed"] = actions
    return row


def _action_rows(account: Account, owner: Principal, service: str, at: datetime) -> Iterator[dict[str, Any]]:
    """The tracked actions that the policies allow; the first was used, and some others."""
    allowed = [action for action in TRACKED.get(service, ()) if _allows(documents_of(account, owner), service, action)]
    for n, action in enumerate(allowed):
        row: dict[str, Any] = {"ActionName": action}
        if n == 0 or _chance(f"{owner.arn}|{service}:{action}", SELDOM):
            used = {"LastAccessedEntity": owner.arn, "LastAccessedTime": at, "LastAccessedRegion": "us-east-1"}
            row |= used
        yield row


def _allows(documents: list[Document], service: str, action: str) -> bool:
    return any(_matches(statement, f"{service}:{action}") for doc in documents for statement in _allowing(doc))


def services_used(account: Account, principal: Principal) -> dict[str, datetime | None]:
    """The services a principal's policies allow, with the last use of each, or None.

    The real dumps contain this data; synthetic principals used all of a few allowed services, or some of many, when
    they themselves were used.
    """
    if principal.accessed:
        return dict(principal.accessed)
    services = sorted({s for doc in documents_of(account, principal) for s in _services(doc)})
    used = _last_use(principal)
    return {service: used if _is_used(principal, service, len(services)) else None for service in services}


def _is_used(principal: Principal, service: str, of: int) -> bool:
    return of <= FEW or _chance(f"{principal.arn}|{service}", 2 if service in COMMON else RARELY)


def _chance(key: str, one_in: int) -> bool:
    return sha256(key.encode()).digest()[0] % one_in == 0


def documents_of(account: Account, principal: Principal) -> list[Document]:
    """A principal's inline and attached documents, for a user also the groups'."""
    owners = [principal]
    if isinstance(principal, User):
        owners += [account.groups[g] for g in principal.groups]
    local = {p.arn: p for p in account.policies.values()}
    documents: list[Document] = []
    for owner in owners:
        documents += owner.inline.values()
        documents += [(local.get(a) or account.aws_policies.get(a) or aws_policy(a)).document for a in owner.attached]
    return documents


def _services(document: Document) -> set[str]:
    """The services of which the document allows anything; a wildcard stands for all that the emulator knows."""
    services: set[str] = set()
    for statement in _allowing(document):
        excluded = {action.partition(":")[0] for action in _list(statement, "NotAction") if action.endswith(":*")}
        patterns = ["*"] if "NotAction" in statement else [a.partition(":")[0] for a in _list(statement, "Action")]
        for pattern in patterns:
            named = [s for s in SERVICES if fnmatchcase(s, pattern)] if "*" in pattern else [pattern.lower()]
            services |= set(named) - excluded
    return services


def _allowing(document: Document) -> list[dict[str, Any]]:
    statements = document["Statement"]
    return [
        statement
        for statement in (statements if isinstance(statements, list) else [statements])
        if statement["Effect"] == "Allow"
    ]


def _matches(statement: dict[str, Any], action: str) -> bool:
    element = "NotAction" if "NotAction" in statement else "Action"
    exact, wild = _patterns(tuple(_list(statement, element)))
    named = action.lower() in exact or wild.match(action.lower()) is not None
    return named == (element == "Action")


@cache
def _patterns(actions: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str]]:
    """Actions without wildcards, and one regular expression for the others; policies have thousands of actions."""
    lower = [action.lower() for action in actions]
    exact = frozenset(action for action in lower if not re.search(r"[*?[]", action))
    wild = "|".join(translate(action) for action in lower if action not in exact)
    return exact, re.compile(wild or NEVER)


def _list(statement: dict[str, Any], element: str) -> list[str]:
    value = statement.get(element, [])
    return [value] if isinstance(value, str) else list(value)


def _last_use(principal: Principal) -> datetime | None:
    if isinstance(principal, Role):
        return principal.last_used.at if principal.last_used else None
    if isinstance(principal, User):
        uses = [k.last_used.at for k in principal.keys if k.last_used]
        uses += [principal.password.last_used] if principal.password and principal.password.last_used else []
        return max(uses, default=None)
    return None


def generate_organizations_access_report(call: Call) -> dict[str, Any]:
    """For an organization path; only the management account may ask."""
    if not call.is_management:
        raise ApiError(
            "AccessDenied", f"User: {call.session.arn} is not authorized to perform: iam:{call.operation}", 403
        )
    org, path = call.organization, str(call.need("EntityPath")).strip("/")
    paths = {unit_path(org, u).strip("/") for u in org.units}
    paths |= {f"{unit_path(org, a.parent)}{a.id}" for a in org.accounts.values()}
    if path not in paths:
        raise ApiError("InvalidInput", f"Entity path {path} is not valid.")
    job = uuid(call.scene, f"organization-access|{path}")
    call.state.jobs[job] = {"account": call.account.id, "path": path}
    return {"JobId": job}


def get_organizations_access_report(call: Call) -> dict[str, Any]:
    path = _job(call)["path"]
    rows = []
    for service in (*SERVICE_NAMES, "cloudhsm", "gamelift", "workmail"):
        row: dict[str, Any] = {
            "ServiceName": SERVICE_NAMES.get(service, f"AWS {service}"),
            "ServiceNamespace": service,
            "TotalAuthenticatedEntities": 0,
        }
        if service in SERVICE_NAMES:
            at = call.scene.lately(f"{path}|{service}", 3)
            row |= {
                "LastAuthenticatedTime": at,
                "Region": "us-east-1",
                "EntityPath": path,
                "TotalAuthenticatedEntities": 1,
            }
        rows.append(row)
    head = {
        "JobStatus": "COMPLETED",
        "JobCreationDate": call.scene.now,
        "JobCompletionDate": call.scene.now + timedelta(seconds=5),
        "NumberOfServicesAccessible": len(rows),
        "NumberOfServicesNotAccessed": sum(r["TotalAuthenticatedEntities"] == 0 for r in rows),
    }
    return head | paged(call, "AccessDetails", rows)
