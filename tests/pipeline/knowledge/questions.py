"""Each list that a verdict rests on, with rows by which each of its entries turns a control."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.pipeline.knowledge.lists import Entry, Question, Rows, names_of, policy, role, rows_of_tables
from tests.sql.harness import AS_OF, MANAGEMENT, MEMBER

YESTERDAY = datetime.combine(AS_OF - timedelta(days=1), datetime.min.time())
OWN_SOURCE = {"StringEquals": {"aws:SourceAccount": MEMBER}}
WRONG = {"Numeric": ("DateEquals", "2026-01-01T00:00:00Z")}
ENTER = "sts:AssumeRoleWithWebIdentity"


def condition_keys(entries: list[Entry]) -> Rows:
    """For each key an operator of another type, and one that fits any."""
    policies = []
    for number, entry in enumerate(entries):
        operator, value = WRONG.get(str(entry.path[1]), ("NumericEquals", "7"))
        for word, block in (
            ("wrong", {operator: {f"aws:{entry.value}": value}}),
            ("fits", {"Null": {f"aws:{entry.value}": "false"}}),
        ):
            policies.append(policy(f"{word}{number}", {"Action": "s3:ListAllMyBuckets", "Condition": block}))
    return {"policies": policies}


def actions(entries: list[Entry]) -> Rows:
    """For each action a policy that allows it everywhere."""
    return {"policies": [policy(f"p{n}", {"Action": entry.value["action"]}) for n, entry in enumerate(entries)]}


def issuers(entries: list[Entry]) -> Rows:
    """For each issuer, form and claim: roles that pin nothing, one subject, one customer, or all customers."""
    roles = []
    for number, (issuer, claims) in enumerate(pinned for entry in entries for pinned in _pins(entry)):
        block: dict[str, dict[str, str]] = {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}}
        for claim, value in claims.items():
            block.setdefault("StringLike" if "*" in value else "StringEquals", {})[f"{issuer}:{claim}"] = value
        provider = issuer if "cognito-identity" in issuer else f"arn:aws:iam::{MEMBER}:oidc-provider/{issuer}"
        roles.append(role(f"r{number}", {"Principal": {"Federated": provider}, "Action": ENTER, "Condition": block}))
    return {"roles": roles}


def _pins(entry: Entry) -> Iterator[tuple[str, dict[str, str]]]:
    where, *rest = entry.path
    if where == "claims":
        yield from (("gitlab.com", claims) for claims in ({entry.value: "x"}, {entry.value: "x", "sub": "one"}))
        return
    if where == "private":
        hosts, forms = [entry.value.replace("{tenant}", "acme").replace("*", "")], []
    elif len(rest) > 1:
        hosts, forms = OF_ISSUER[rest[0]], [entry.value]
        hosts = hosts if rest[1] == "tenant" else [entry.value]
        forms = forms if rest[1] == "tenant" else []
    else:
        hosts, forms = [entry.value["issuer"], *entry.value.get("also", ())], entry.value["tenant"]
    for host in hosts:
        yield from ((host, claims) for claims in ({}, {"sub": "one"}, {"sub": "robots-of-acme:*"}, {"sub": "*"}))
        for claim, _, form in (text.partition("=") for text in forms):
            key = claim.removeprefix("sts:")
            yield from ((host, {key: form.replace("{tenant}", who)}) for who in ("acme", "*"))


def issuer_entries(facts: Mapping[str, Any]) -> Iterator[Entry]:
    """Issuers with their other spellings and forms, forms of private issuers, claims that say nothing."""
    OF_ISSUER.update({place: [row["issuer"], *row.get("also", ())] for place, row in enumerate(facts["issuer"])})
    yield from rows_of_tables("issuer", nested=("also", "tenant"))(facts)
    yield from names_of("private", "claims")(facts)


OF_ISSUER: dict[Any, list[str]] = {}


def services(account_id: str, words: tuple[str, ...] = ("open", "both", "pinned"), **more: Any) -> Any:
    """For each service a role that it may assume: open, pinned to a source, or both by two services."""

    def rows(entries: list[Entry]) -> Rows:
        roles, attached = [], []
        for number, entry in enumerate(entries):
            trust = {"Principal": {"Service": f"{entry.value}.amazonaws.com"}, "Action": "sts:AssumeRole"}
            other = {
                "Principal": {"Service": "states.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": OWN_SOURCE,
            }
            pinned = [trust | {"Condition": OWN_SOURCE}]
            for word, statements in {"open": [trust], "both": [trust, other], "pinned": pinned}.items():
                if word not in words:
                    continue
                one = role(f"{word}{number}", *statements, account_id=account_id, **more)
                roles.append(one)
                attached.append(_full_access(one))
        return {"roles": roles, "policy_attachments": attached}

    return rows


def _full_access(of: dict[str, Any]) -> dict[str, Any]:
    policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    held = {"principal_type": "role", "principal_name": of["role_name"], "principal_arn": of["arn"]}
    return held | {"account_id": of["account_id"], "policy_name": "AmazonS3FullAccess", "policy_arn": policy_arn}


def running(facts: Mapping[str, Any]) -> Iterator[Entry]:
    """The services that run workloads: what the others turn, another question asks."""
    yield from (entry for entry in names_of("services")(facts) if entry.path[1] == "running")


def delegated(entries: list[Entry]) -> Rows:
    """Each service with trusted access, and with nobody that it is delegated to."""
    return {"trusted_services": [{"service_principal": entry.value} for entry in entries]}


def credentials(entries: list[Entry]) -> Rows:
    """For each service a credential that expires, and one that does not."""
    found = [
        {
            "user_name": "eve",
            "service_name": entry.value["principal"],
            "credential_id": f"A{number}{expires}",
            "status": "Active",
            "created_at": datetime(2026, 11, 1),
            "expires_at": datetime(2026, 12, 1) if expires else None,
        }
        for number, entry in enumerate(entries)
        for expires in (False, True)
    ]
    return {
        "users": [{"user_name": "eve", "arn": f"arn:aws:iam::{MEMBER}:user/eve"}],
        "service_specific_credentials": found,
    }


def quotas(entries: list[Entry]) -> Rows:
    """A policy of each type that is near its quota."""
    return {"organization_policies": [_organization_policy(entry.value) for entry in entries]}


def _organization_policy(quota: Mapping[str, Any]) -> dict[str, Any]:
    name = quota["policy_type"].lower()
    return {
        "policy_id": name,
        "arn": f"arn:aws:organizations::{MANAGEMENT}:policy/o-example/{name}/p",
        "name": name,
        "policy_type": quota["policy_type"],
        "is_aws_managed": False,
        "document": "{}",
        "characters": quota["max_characters"] - 1,
    }


def vendors(entries: list[Entry]) -> Rows:
    """For each vendor a role that trusts its accounts, with and without an external ID."""
    roles = []
    for number, entry in enumerate(entries):
        accounts = entry.value["accounts"] if isinstance(entry.value, dict) else [entry.value]
        trust = {"Principal": {"AWS": accounts}, "Action": "sts:AssumeRole"}
        told = trust | {"Condition": {"StringEquals": {"sts:ExternalId": "a-long-secret"}}}
        roles += [role(f"open{number}", trust), role(f"told{number}", told)]
    return {"roles": roles}


def objectives(kind: str) -> Any:
    """The objectives of a kind, under a root without any policy of the organization's."""

    def entries(facts: Mapping[str, Any]) -> Iterator[Entry]:
        found = rows_of_tables("objective")(facts)
        yield from (entry for entry in found if entry.value["kind"] == kind)

    return entries


QUESTIONS = (
    Question("condition_keys", "fact_documents", "condition_correctness", names_of("types"), condition_keys),
    Question("data_actions", "fact_documents", "sensitive_actions_scoped", rows_of_tables("action"), actions),
    Question("credential_actions", "fact_documents", "sensitive_actions_scoped", rows_of_tables("action"), actions),
    Question("oidc_issuers", "fact_trusts", "oidc_trust_scoped", issuer_entries, issuers),
    Question(
        "compute_services",
        "fact_compute_services",
        "broad_aws_managed_on_workloads",
        names_of("services"),
        services(MEMBER),
    ),
    Question(
        "compute_services",
        "fact_compute_services",
        "policy_generation_used",
        running,
        services(MEMBER, created_at=datetime(2025, 1, 1), last_used_at=YESTERDAY),
    ),
    Question(
        "compute_services",
        "fact_compute_services",
        "rightsizing_adopted",
        running,
        services(MEMBER, created_at=datetime(2025, 1, 1)),
    ),
    Question("trust_services", "fact_trust_services", "confused_deputy", names_of("services"), services(MEMBER)),
    Question(
        "delegated_services", "fact_delegated_services", "delegated_administration", names_of("services"), delegated
    ),
    Question(
        "credential_services",
        "fact_credential_services",
        "other_longterm_credentials",
        rows_of_tables("service"),
        credentials,
    ),
    Question("policy_quotas", "fact_policy_quotas", "org_policies_validate", rows_of_tables("quota"), quotas),
    Question(
        "vendor_accounts",
        "fact_known_vendors",
        "trust_known_accounts_only",
        rows_of_tables("vendor", nested=("accounts",)),
        vendors,
    ),
    Question("vendor_accounts", "fact_known_vendors", "external_id", rows_of_tables("vendor"), vendors),
    Question("guardrail_objectives", "fact_guardrails", "scp_objectives", objectives("scp"), lambda entries: {}),
    Question("guardrail_objectives", "fact_guardrails", "rcp_objectives", objectives("rcp"), lambda entries: {}),
)
ALONE = Question(
    "compute_services",
    "fact_compute_services",
    "management_account_clean",
    names_of("services"),
    services(MANAGEMENT, ("open",), last_used_at=YESTERDAY),
)
"""One verdict for all roles: a case has one entry."""
