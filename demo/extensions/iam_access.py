"""IAM: when services were last used, by principal and over the organization. The jobs end at the first look,
but for one principal in eight, whose first look says IN_PROGRESS."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from demo.aws_policies import aws_policy
from demo.call import Call
from demo.errors import ApiError, no_such_entity
from demo.extensions.iam import paged
from demo.extensions.organizations import unit_path
from demo.identity_center import uuid
from demo.model import Account, Document, Principal, Role, User

FEW = 8
TRACKED = ("s3", "iam", "ec2", "lambda")
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
    known = {
        "JobStatus": "COMPLETED",
        "JobType": job["granularity"],
        "JobCreationDate": call.scene.now,
        "JobCompletionDate": call.scene.now + timedelta(seconds=2),
    }
    if job["waits"] > 0:
        job["waits"] -= 1
        return known | {"JobStatus": "IN_PROGRESS", "ServicesLastAccessed": [], "IsTruncated": False}
    rows = [_service_row(job, service, at) for service, at in sorted(services_used(call.account, job["owner"]).items())]
    return known | paged(call, "ServicesLastAccessed", rows)


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


def _service_row(job: dict[str, Any], service: str, at: datetime | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ServiceName": SERVICE_NAMES.get(service, f"AWS {service}"),
        "ServiceNamespace": service,
        "TotalAuthenticatedEntities": int(at is not None),
    }
    if at is not None:
        entity = job["owner"].arn
        row |= {"LastAuthenticated": at, "LastAuthenticatedEntity": entity, "LastAuthenticatedRegion": "us-east-1"}
    if job["granularity"] == "ACTION_LEVEL" and service in TRACKED:
        row["TrackedActionsLastAccessed"] = []
    return row


def services_used(account: Account, principal: Principal) -> dict[str, datetime | None]:
    """The services a principal's policies allow; when it last used each, or None.

    The real dumps say so themselves; invented principals use the few services that they were given, or every other
    one of many, when they were used themselves.
    """
    if principal.accessed:
        return dict(principal.accessed)
    services = sorted({s for doc in documents_of(account, principal) for s in _services(doc)})
    used = _last_use(principal)
    return {service: used if n % 2 == 0 or len(services) <= FEW else None for n, service in enumerate(services)}


def documents_of(account: Account, principal: Principal) -> list[Document]:
    """A principal's inline and attached documents, for a user also the groups'."""
    owners = [principal]
    if isinstance(principal, User):
        owners += [account.groups[g] for g in principal.groups]
    local = {p.arn: p for p in account.policies.values()}
    found: list[Document] = []
    for owner in owners:
        found += owner.inline.values()
        found += [(local.get(a) or account.aws_policies.get(a) or aws_policy(a)).document for a in owner.attached]
    return found


def _services(document: Document) -> set[str]:
    statements = document["Statement"]
    found: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        actions = statement.get("Action", [])
        if statement["Effect"] == "Allow":
            found |= {a.split(":")[0] for a in ([actions] if isinstance(actions, str) else actions) if ":" in a}
    return found


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
    known = {unit_path(org, u).strip("/") for u in org.units}
    known |= {f"{unit_path(org, a.parent)}{a.id}" for a in org.accounts.values()}
    if path not in known:
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
