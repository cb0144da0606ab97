"""Whether an account's resource control policies prevent a service from using its roles for strangers.

Evaluated once per service and distinct set of RCPs (`int_service_trusts` has the role properties that these mention),
with requests of a stranger in no organization and in another one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._evidence import dumped
from pipeline.facts._principals import start_of
from pipeline.policy.callers import Caller, account_of
from pipeline.policy.context import Context, Value
from pipeline.policy.evaluate import evaluate
from pipeline.policy.principal import FRESH, answer
from pipeline.policy.request import Decision, Policies, Policy, Request
from pipeline.policy.strangers import of_organization, stranger
from pipeline.policy.tri import Tri
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_trust_guards",
    "Whether resource control policies keep a service from acting in a role for strangers.",
    "account",
    (),
    (
        Column("guard_sha256", "varchar", "Key in int_service_trusts", required=True),
        Column(
            "confines",
            "varchar",
            "Whether strangers are refused: yes, no, depends (on keys of the request), unread (an RCP is malformed)",
            required=True,
            values=("yes", "depends", "unread", "no"),
        ),
        Column("policy_name", "varchar", "RCP that refuses, or might"),
        Column("sid", "varchar", "Sid of its statement; empty where it has none"),
        Column("statement", "json", "Its statement; why it could not be read where it could not"),
        Column("unknown_keys", "varchar[]", "Condition keys that it waits for"),
    ),
    key=("guard_sha256",),
)
QUERIES = {
    "questions": """
        select distinct guard_sha256, principal, levels_sha256, role_arn, tags::varchar as tags,
            getvariable('as_of') as as_of
        from int_service_trusts
        where levels_sha256 is not null
        order by all""",
    "levels": """
        select distinct levels_sha256, levels
        from int_control_levels
        where policy_type = 'RESOURCE_CONTROL_POLICY'""",
    "documents": """
        select distinct document_sha256, document
        from stg_organization_policies
        where policy_type = 'RESOURCE_CONTROL_POLICY'""",
}
JUDGES: tuple[PolicyLayer, ...] = ("rcp",)

Levels = list[list[Policy]]
TRUSTING = {"Statement": {"Effect": "Allow", "Principal": {"Service": ["*"]}, "Action": "sts:AssumeRole"}}


def rows(tables: Queried) -> Iterator[Row]:
    documents = {row["document_sha256"]: row["document"] for row in tables["documents"]}
    levels = {row["levels_sha256"]: read_levels(row["levels"], documents) for row in tables["levels"]}
    for question in tables["questions"]:
        service, role_arn, rcps = question["principal"], question["role_arn"], levels[question["levels_sha256"]]
        tags, start = tags_of(question["tags"]), start_of(question.get("as_of"))
        strangers = [ask(service, role_arn, {**source, **tags}, rcps, start) for source in sources(role_arn)]
        yield {"guard_sha256": question["guard_sha256"]} | guard(max(strangers, key=answer))


def read_levels(levels: Sequence[Sequence[Row]], documents: Mapping[str, str]) -> Levels:
    """The RCPs of one path, level by level."""
    return [[Policy.read(rcp["name"], documents.get(rcp["sha256"]), "rcp") for rcp in level] for level in levels]


def sources(role_arn: str) -> Iterator[dict[str, Value]]:
    """Context keys that a service sends for a stranger's resource: in no organization, and in another one."""
    partition, own = role_arn.split(":")[1], account_of(role_arn)
    account = stranger({own})
    for path in ("", f"o-{FRESH}/r-{FRESH}/ou-{FRESH}/"):
        yield {
            "aws:SourceAccount": account,
            "aws:SourceArn": f"arn:{partition}:{FRESH}:{FRESH}:{account}:{FRESH}/{FRESH}",
            **of_organization("Source", path),
        }


def tags_of(tags: str) -> dict[str, Value]:
    return {f"aws:ResourceTag/{key}": value for key, value in json.loads(tags or "{}").items()}


def ask(service: str, role_arn: str, keys: dict[str, Value], levels: Levels, not_before: datetime) -> Decision:
    """The decision on the service's request, not earlier, assuming that the role trusts it unconditionally."""
    who, account = Caller("service", service), account_of(role_arn)
    facts = {**who.context(), "aws:ResourceAccount": account, "aws:SecureTransport": True, **keys}
    context = Context.of(facts, complete=False, not_before=not_before)
    context = replace(context, is_absent=lambda key: key.startswith("aws:resourcetag/"))
    trust = Policy.read("trust", TRUSTING, "trust")
    return evaluate(
        Request(who, "sts:AssumeRole", role_arn, context, account), Policies(resource=trust, rcp_levels=levels)
    )


def guard(decision: Decision) -> Row:
    """The most permissive outcome for an outside caller, and the statement that decided it."""
    rcps = [hit for hit in decision.evidence if hit.layer == "rcp"]
    outcome = answer(decision)
    hit = rcps[0] if rcps and outcome is not Tri.YES else None
    confines = {Tri.NO: "yes", Tri.DEPENDS: "depends", Tri.YES: "no"}[outcome]
    return {
        "confines": "unread" if hit and hit.index is None else confines,
        "policy_name": hit.policy if hit else None,
        "sid": hit.sid if hit else None,
        "statement": (hit.text if hit.index is not None else dumped(hit.text)) if hit else None,
        "unknown_keys": list(hit.unknown_keys) if hit else [],
    }
