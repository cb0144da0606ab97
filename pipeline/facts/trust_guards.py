"""Whether the resource control policies of an account keep a service from acting in its roles for strangers.

Asked once for each service and distinct set of RCPs (`int_service_trusts` says what of the role these speak of), by
putting the request of a stranger, in no organization and in another one, to the evaluator.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from pipeline.facts import Found
from pipeline.policy.callers import Caller, account_of
from pipeline.policy.context import Context, Value
from pipeline.policy.evaluate import Decision, Policies, Policy, Request, evaluate
from pipeline.policy.principal import FRESH, answer
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
        Column("statement", "varchar", "Its statement; why it could not be read where it could not"),
        Column("unknown_keys", "varchar[]", "Condition keys that it waits for"),
    ),
    key=("guard_sha256",),
)
QUERIES = {
    "questions": """
        select distinct guard_sha256, principal, levels_sha256, role_arn, tags::varchar
        from int_service_trusts
        where levels_sha256 is not null""",
    "levels": """
        select distinct levels_sha256, to_json(levels)::varchar
        from int_control_levels
        where policy_type = 'RESOURCE_CONTROL_POLICY'""",
    "documents": """
        select distinct document_sha256, document
        from stg_organization_policies
        where policy_type = 'RESOURCE_CONTROL_POLICY'""",
}

Levels = list[list[Policy]]
TRUSTING = {"Statement": {"Effect": "Allow", "Principal": {"Service": ["*"]}, "Action": "sts:AssumeRole"}}


def rows(found: Found) -> Iterator[Row]:
    """`questions`: (key, service principal, key of the RCPs, role, its tags). Rows as `TABLE` declares them."""
    documents: dict[str, str] = dict(found["documents"])
    levels = {sha256: read_levels(text, documents) for sha256, text in found["levels"]}
    for key, service, levels_sha256, role_arn, tags in sorted(found["questions"]):
        strangers = [
            ask(service, role_arn, {**source, **tags_of(tags)}, levels[levels_sha256]) for source in sources(role_arn)
        ]
        yield {"guard_sha256": key} | told(max(strangers, key=answer))


def read_levels(text: str, documents: dict[str, str]) -> Levels:
    """The RCPs of one path, level by level."""
    return [
        [Policy.read(one["name"], documents.get(one["sha256"]), "rcp") for one in level] for level in json.loads(text)
    ]


def sources(role_arn: str) -> Iterator[dict[str, Value]]:
    """What a service would say of a stranger's resource: one in no organization, and one in another."""
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


def ask(service: str, role_arn: str, known: dict[str, Value], levels: Levels) -> Decision:
    """The verdict on the service's request, were the role to trust it freely."""
    who, account = Caller("service", service), account_of(role_arn)
    facts = {**who.context(), "aws:ResourceAccount": account, "aws:SecureTransport": True, **known}
    context = replace(Context.of(facts, complete=False), is_absent=lambda key: key.startswith("aws:resourcetag/"))
    trust = Policy.read("trust", TRUSTING, "trust")
    return evaluate(
        Request(who, "sts:AssumeRole", role_arn, context, account), Policies(resource=trust, rcp_levels=levels)
    )


def told(decision: Decision) -> Row:
    """The freest stranger's verdict, and the statement that decided it."""
    rcps = [one for one in decision.evidence if one.layer == "rcp"]
    found = answer(decision)
    hit = rcps[0] if rcps and found is not Tri.YES else None
    confines = {Tri.NO: "yes", Tri.DEPENDS: "depends", Tri.YES: "no"}[found]
    return {
        "confines": "unread" if hit and hit.index is None else confines,
        "policy_name": hit.policy if hit else None,
        "sid": hit.sid if hit else None,
        "statement": hit.text if hit else None,
        "unknown_keys": list(hit.unknown_keys) if hit else [],
    }
