"""Whether requests without TLS to each S3 bucket are denied, by its own policy or by the account's RCPs.

Probed, not read: reading and writing an object and listing the bucket, in plain text, by a role of the account and by
a stranger. Only what is denied to both in all of that, whatever else the request has, counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.facts import Found
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
        from raw_buckets as buckets
        inner join stg_expected_accounts as accounts on buckets.account_id = accounts.account_id
        left join raw_bucket_policies as policies
            on buckets.account_id = policies.account_id and buckets.bucket = policies.bucket
        left join int_control_levels as levels
            on buckets.account_id = levels.account_id and levels.policy_type = 'RESOURCE_CONTROL_POLICY'
        order by buckets.account_id, buckets.bucket""",
    "documents": """
        select document_sha256, any_value(document)
        from stg_organization_policies
        group by document_sha256""",
    "enabled": """
        select count(*) from raw_organization_roots
        where list_contains(enabled_policy_types, 'RESOURCE_CONTROL_POLICY')""",
}

ANY: Mapping[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALLOW = Policy.read("administrator", {"Version": "2012-10-17", "Statement": ANY})
OPEN = Policy.read("open", {"Version": "2012-10-17", "Statement": {**ANY, "Principal": "*"}}, "resource")
PROBES = {"s3:GetObject": f"/{FRESH}", "s3:PutObject": f"/{FRESH}", "s3:ListBucket": ""}
NOTHING = (Tri.NO, "")
PLAIN_TEXT = Context.of({"aws:SecureTransport": False}, complete=False)


def rows(found: Found) -> Iterator[Row]:
    documents = {sha256: Policy.read(sha256, text, "resource") for sha256, text in found["documents"]}
    is_enabled = any(count for (count,) in found["enabled"])
    for account_id, partition, bucket, text, levels in found["buckets"]:
        requests = list(probes(account_id, partition, bucket))
        own = by_policy(requests, text)
        named = [[named_as(documents[one["sha256"]], one["name"]) for one in level] for level in levels or ()]
        rcps = (
            denied(requests, Policies([ALLOW], resource=OPEN, rcp_levels=named)) if is_enabled and levels else NOTHING
        )
        yield {
            "account_id": account_id,
            "bucket": bucket,
            "policy_denies": own[0].name.lower(),
            "rcps_deny": rcps[0].name.lower(),
            "reason": rcps[1] if (rcps[0] >= own[0] and text is None) or rcps[0] is Tri.YES else own[1],
        }


def by_policy(requests: Sequence[Request], text: str | None) -> tuple[Tri, str]:
    """What the bucket's own policy does; one that cannot be read might do anything."""
    if text is None:
        return NOTHING
    policy = Policy.read("of the bucket", text, "resource")
    if policy.document is None:
        return Tri.DEPENDS, policy.problem
    return denied(requests, Policies([ALLOW], resource=policy))


def named_as(policy: Policy, name: str) -> Policy:
    return Policy(name, policy.document, policy.problem)


def probes(account_id: str, partition: str, bucket: str) -> Iterator[Request]:
    for owner in (account_id, stranger({account_id})):
        for action, key in PROBES.items():
            arn = f"arn:{partition}:s3:::{bucket}{key}"
            yield Request.of(f"arn:{partition}:iam::{owner}:role/{FRESH}", action, arn, PLAIN_TEXT, account_id)


def denied(requests: Sequence[Request], policies: Policies) -> tuple[Tri, str]:
    """Whether every request is denied, and what decided on the one that is denied least.

    A stranger whom nothing lets in says nothing of TLS.
    """
    decisions = [evaluate(request, policies) for request in requests]
    telling = [one for one in decisions if one.verdict is not Verdict.IMPLICITLY_DENIED]
    return min(((answer(one), one.reason) for one in telling), key=lambda pair: pair[0], default=NOTHING)


def answer(decision: Decision) -> Tri:
    return {Verdict.EXPLICITLY_DENIED: Tri.YES, Verdict.DEPENDS: Tri.DEPENDS}.get(decision.verdict, Tri.NO)
