"""The policies that apply to a resource, from the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.facts import PolicyLayer
from pipeline.policy import Document, MalformedPolicy, Statement, aws_managed_policy, parse
from pipeline.policy.grammar import Kind
from pipeline.warehouse.store import Connection

KINDS: Mapping[str, Kind] = {"trust": "trust", "scp": "scp", "rcp": "rcp"}

QUERY = """
with
groups as (
    select groups.arn, grants.via_group
    from int_grants as grants
    inner join stg_groups as groups
        on grants.account_id = groups.account_id and grants.via_group = groups.group_name
    where grants.principal_arn = $resource
),

holders as (select $resource as holder union select arn from groups),

attached as (
    select 'identity' as layer, held.policy_name as name, held.policy_arn as arn, held.principal_arn as holder
    from stg_policy_attachments as held
    semi join holders on held.principal_arn = holders.holder
    union
    select 'boundary', coalesce(boundary_name, boundary_arn), boundary_arn, principal_arn
    from int_permissions
    where principal_arn = $resource and boundary_arn is not null
    union
    select 'identity', policy_name, arn, '' from stg_policies where account_id = $account_id and arn = $resource
)

select
    attached.layer, attached.name, attached.arn, 'stg_policies' as "table", attached.arn as key, attached.holder,
    attached.arn glob 'arn:*:iam::aws:policy/*' as is_aws_managed, policies.document as text
from attached
left join stg_policies as policies on policies.account_id = $account_id and attached.arn = policies.arn
union all
select
    'identity', policy_name, '', 'stg_inline_policies', principal_arn || '/' || policy_name, principal_arn, false,
    document
from stg_inline_policies
semi join holders on principal_arn = holders.holder
union all
select 'trust', 'its trust policy', arn, 'stg_roles', arn, arn, false, trust_document
from stg_roles
where arn = $resource
union all
select distinct
    if(policy_type = 'SERVICE_CONTROL_POLICY', 'scp', 'rcp'), policy_name, policy_id, 'stg_organization_policies',
    policy_id, '', is_aws_managed, document
from int_effective_policies
where account_id = $account_id
order by all
"""


@dataclass(frozen=True)
class BearingPolicy:
    """A policy that applies to the resource: `key` identifies it in `table` (ARN; holder and name; policy id).

    `arn` is '' for an inline policy, and the id of an SCP or RCP; `holder` is the user, group or role that has it, ''
    for SCPs and RCPs and for a policy that is itself the resource. `text` is None if it was not read.
    """

    layer: PolicyLayer
    name: str
    arn: str
    table: str
    key: str
    holder: str
    is_aws_managed: bool
    text: str | None

    @property
    def document(self) -> Document | None:
        """The document; None if unreadable. AWS managed policies that were not read come from the bundled copy."""
        if self.text is None:
            return aws_managed_policy(self.arn).document
        try:
            return parse(self.text, KINDS.get(self.layer, "identity"))
        except MalformedPolicy:
            return None

    @property
    def statements(self) -> tuple[Statement, ...]:
        document = self.document
        return document.statements if document else ()


def bearing(con: Connection, account_id: str, resource: str) -> list[BearingPolicy]:
    """All policies for the resource: attached or itself, boundary, trust policy, the account's SCPs and RCPs."""
    answer = con.execute(QUERY, {"resource": resource, "account_id": account_id})
    names = [column[0] for column in answer.description or ()]
    return [BearingPolicy(**dict(zip(names, row, strict=True))) for row in answer.fetchall()]


def canonical(statement: Mapping[str, Any]) -> str:
    """The statement in canonical form, so that equal statements have equal texts."""
    return parse({"Version": "2012-10-17", "Statement": [statement]}).statements[0].text
