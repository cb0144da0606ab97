"""Whether requests without TLS to each S3 bucket are denied, by its own policy or by the account's RCPs.

Determined by probes: reading and writing an object and listing the bucket, without TLS, by a role of the account and by
a stranger. It counts only if all of these are denied to both, whatever else is in the request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pipeline.facts import PolicyLayer, Queried
from pipeline.policy import Context, Decision, Policies, Policy, Request, Tri, Verdict, evaluate
from pipeline.policy.principal import FRESH
from pipeline.policy.strangers import stranger
from pipeline.schema import Column, Dataset, Row, account_column

TRI = ("yes", "depends", "no")
TABLE = Dataset(
    "fact_bucket_tls",
    "Whether requests without TLS to each S3 bucket are denied, by its own policy or by resource control policies.",
    "account",
    (),
    (
        account_column(),
        Column("bucket", "varchar", "Name of the bucket", required=True),
        Column("policy_denies", "varchar", "Whether its own policy denies them", values=TRI),
        Column("rcps_deny", "varchar", "Whether the account's resource control policies deny them", values=TRI),
        Column("reason", "varchar", "What decided, or what was let through"),
    ),
    key=("account_id", "bucket"),
)
QUERIES = {
    "buckets": """
        select buckets.account_id, accounts.partition, buckets.bucket, policies.document, levels.levels
        from stg_buckets as buckets
        inner join stg_expected_accounts as accounts on buckets.account_id = accounts.account_id
        left join stg_bucket_policies as policies
            on buckets.account_id = policies.account_id and buckets.bucket = policies.bucket
        left join int_control_levels as levels
            on buckets.account_id = levels.account_id and levels.policy_type = 'RESOURCE_CONTROL_POLICY'
        order by buckets.account_id, buckets.bucket""",
    "documents": """
        select document_sha256, any_value(document) as document
        from stg_organization_policies
        group by document_sha256""",
    "enabled": """
        select root_id from stg_organization_roots
        where list_contains(enabled_policy_types, 'RESOURCE_CONTROL_POLICY')""",
}
JUDGES: tuple[PolicyLayer, ...] = ("rcp",)

ANY: Mapping[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALLOW = Policy.read("administrator", {"Version": "2012-10-17", "Statement": ANY})
OPEN = Policy.read("open", {"Version": "2012-10-17", "Statement": {**ANY, "Principal": "*"}}, "resource")
PROBES = {"s3:GetObject": f"/{FRESH}", "s3:PutObject": f"/{FRESH}", "s3:ListBucket": ""}
PLAIN_TEXT = Context.of({"aws:SecureTransport": False}, complete=False)


def rows(tables: Queried) -> Iterator[Row]:
    documents = {row["document_sha256"]: Policy.read("", row["document"], "resource") for row in tables["documents"]}
    is_enabled = any(True for _ in tables["enabled"])
    for bucket in tables["buckets"]:
        requests = list(probes(bucket["account_id"], bucket["partition"], bucket["bucket"]))
        own = by_policy(requests, bucket["document"])
        rcps = by_rcps(requests, bucket["levels"] if is_enabled else None, documents)
        is_by_rcps = rcps.denied is Tri.YES or (bucket["document"] is None and rcps.denied >= own.denied)
        yield {
            "account_id": bucket["account_id"],
            "bucket": bucket["bucket"],
            "policy_denies": own.denied.name.lower(),
            "rcps_deny": rcps.denied.name.lower(),
            "reason": rcps.reason if is_by_rcps else own.reason,
        }


class Answer(NamedTuple):
    """Whether requests without TLS are denied, and the reason."""

    denied: Tri
    reason: str


NOTHING = Answer(Tri.NO, "")


def by_policy(requests: Sequence[Request], text: str | None) -> Answer:
    """The effect of the bucket policy; one that cannot be read may do anything."""
    if text is None:
        return NOTHING
    policy = Policy.read("of the bucket", text, "resource")
    if policy.document is None:
        return Answer(Tri.DEPENDS, policy.problem)
    return denied(requests, Policies([ALLOW], resource=policy))


def by_rcps(requests: Sequence[Request], levels: list[list[Row]] | None, documents: Mapping[str, Policy]) -> Answer:
    """The effect of the account's RCPs; `levels` are {name, sha256}, None if none apply."""
    if not levels:
        return NOTHING
    named = [[replace(documents[rcp["sha256"]], name=rcp["name"]) for rcp in level] for level in levels]
    return denied(requests, Policies([ALLOW], resource=OPEN, rcp_levels=named))


def probes(account_id: str, partition: str, bucket: str) -> Iterator[Request]:
    for owner in (account_id, stranger({account_id})):
        for action, key in PROBES.items():
            arn = f"arn:{partition}:s3:::{bucket}{key}"
            yield Request.of(f"arn:{partition}:iam::{owner}:role/{FRESH}", action, arn, PLAIN_TEXT, account_id)


def denied(requests: Sequence[Request], policies: Policies) -> Answer:
    """Whether every request is denied, and the reason for the one closest to being allowed.

    Strangers without any access are ignored: their denials are not about TLS.
    """
    decisions = [evaluate(request, policies) for request in requests]
    answers = [
        Answer(is_denied(decision), decision.reason)
        for decision in decisions
        if decision.verdict is not Verdict.IMPLICITLY_DENIED
    ]
    return min(answers, key=lambda answer: answer.denied, default=NOTHING)


def is_denied(decision: Decision) -> Tri:
    return {Verdict.EXPLICITLY_DENIED: Tri.YES, Verdict.DEPENDS: Tri.DEPENDS}.get(decision.verdict, Tri.NO)
