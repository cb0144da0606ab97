"""What this night's policies name that Rolecall's lists of what AWS has do not: the first sign that a list is old."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pipeline.facts import PolicyLayer, Queried
from pipeline.knowledge import load
from pipeline.policy import Document, MalformedPolicy, actions, parse
from pipeline.policy.oidc_issuers import is_listed
from pipeline.policy.partitions import partitions
from pipeline.schema import Column, Dataset, Row

KINDS = ("action", "condition key", "issuer", "partition", "service principal", "managed policy")
TABLE = Dataset(
    "fact_knowledge_gaps",
    "Names in this night's policies that are in none of Rolecall's lists, how often and in which accounts.",
    "account",
    (),
    (
        Column("kind", "varchar", "What is named", required=True, values=KINDS),
        Column("name", "varchar", "The name, as the policy has it", required=True),
        Column("times", "bigint", "Documents, trusts or attachments that name it", required=True),
        Column("accounts", "varchar[]", "Accounts in which they are", required=True),
    ),
    key=("kind", "name"),
)
QUERIES = {
    "documents": """
        select 'identity' as kind, any_value(documents.document) as document, list(distinct held.account_id) as accounts
        from int_customer_documents as held
        inner join int_identity_documents as documents on held.document_sha256 = documents.document_sha256
        group by held.content_sha256
        union all
        select if(policy_type = 'RESOURCE_CONTROL_POLICY', 'rcp', 'scp'), document, [management_account_id]
        from stg_organization_policies cross join stg_organization""",
    "trusts": """
        select facts.service, facts.issuer, facts.principal, list(distinct roles.account_id) as accounts
        from int_role_trusts as roles
        inner join fact_trusts as facts on roles.trust_sha256 = facts.trust_sha256
        where facts.principal is not null
        group by all""",
    "attachments": """
        select attachments.policy_arn, list(distinct attachments.account_id) as accounts
        from stg_policy_attachments as attachments
        anti join stg_policies as policies
            on attachments.account_id = policies.account_id and attachments.policy_arn = policies.arn
        where attachments.is_aws_managed
        group by attachments.policy_arn""",
}
JUDGES: tuple[PolicyLayer, ...] = ()
Gap = tuple[str, str]


def rows(tables: Queried) -> Iterator[Row]:
    """A row for each name that no list has."""
    times: dict[Gap, int] = defaultdict(int)
    accounts: dict[Gap, set[str]] = defaultdict(set)
    for gap, where in gaps(tables):
        times[gap] += 1
        accounts[gap] |= set(where)
    for gap in sorted(times):
        yield {"kind": gap[0], "name": gap[1], "times": times[gap], "accounts": sorted(accounts[gap])}


def gaps(tables: Queried) -> Iterator[tuple[Gap, Iterable[str]]]:
    for row in tables["documents"]:
        try:
            document = parse(row["document"], row["kind"])
        except MalformedPolicy:
            continue
        yield from ((gap, row["accounts"]) for gap in set(of_document(document)))
    for row in tables["trusts"]:
        for gap in (*of_trust(row["service"], row["issuer"]), *of_arn(row.get("principal") or "")):
            yield gap, row["accounts"]
    for row in tables["attachments"]:
        yield ("managed policy", row["policy_arn"]), row["accounts"]


def of_document(document: Document) -> Iterator[Gap]:
    """Actions and condition keys of a document that the Service Authorization Reference and the global keys lack,
    issuers of tokens whose claims are keys, and partitions of ARNs that botocore lacks.
    """
    for statement in document.statements:
        for pattern in (*(statement.resources or ()), *(statement.not_resources or ())):
            yield from of_arn(pattern)
        for pattern in (*(statement.actions or ()), *(statement.not_actions or ())):
            if pattern.strip("*") and not any(actions.find(action) for action in actions.expand(pattern)):
                yield "action", pattern
        for condition in statement.conditions:
            issuer, _, _ = condition.key.lower().rpartition(":")
            if "." in issuer:
                yield from of_trust(None, issuer)
            elif actions.key_type(condition.key.lower()) is None:
                yield "condition key", condition.key


def of_arn(arn: str) -> Iterator[Gap]:
    """The partition of an ARN, if botocore has none of the name. A pattern, or a variable, is no name."""
    partition = arn.split(":")[1] if arn.startswith("arn:") else ""
    if partition and not set("*?$") & set(partition) and partition not in partitions():
        yield "partition", partition


def of_trust(service: str | None, issuer: str | None) -> Iterator[Gap]:
    """A service principal or an issuer of tokens in none of the lists."""
    if service and service not in known_services():
        yield "service principal", service
    if issuer and not is_listed(issuer):
        yield "issuer", issuer


def known_services() -> frozenset[str]:
    """Services by principal that some list has; the Service Authorization Reference names most of them alike."""
    compute: Mapping[str, Iterable[str]] = load("compute_services").facts["services"]
    listed = (*load("trust_services").facts["services"], *compute["running"], *compute["others"], *compute["ended"])
    return actions.services() | frozenset(listed)
