"""The policies that bear on a resource, as published, and the statements of theirs that a finding's evidence cites."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.policy import Document, MalformedPolicy, Statement, aws_managed_policy, parse
from pipeline.policy.document import Kind
from pipeline.warehouse.store import Connection

Layer = Literal["identity", "boundary", "trust", "scp", "rcp"]
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
    attached.arn glob 'arn:*:iam::aws:policy/*' as is_aws_managed, policies.document
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
class Held:
    """A policy that bears on the resource: `key` finds it in `table` (ARN; holder and name; policy id).

    `arn` is empty for an inline policy and the id of an organization's; `holder` is the user, group or role that has
    it, empty where nobody in particular has. `text` is None where it was not read.
    """

    layer: Layer
    name: str
    arn: str
    table: str
    key: str
    holder: str
    is_aws_managed: bool
    text: str | None

    @property
    def document(self) -> Document | None:
        """None where it cannot be read; AWS's own known ones are known unread."""
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


@dataclass(frozen=True)
class Cited:
    """A statement that decided. `statement` is its Sid or its place from 0; `text` the statement, canonical JSON.

    `layer` says where the policy stands: identity, boundary, trust, scp, rcp, or resource for that of another one;
    `policy_arn` is empty for an inline policy, the id of an organization's, and the resource of a resource's.
    """

    layer: str
    policy: str
    policy_arn: str
    statement: str | int | None
    effect: str
    text: str


def held(con: Connection, account_id: str, resource: str) -> list[Held]:
    """Every policy on the resource: what it holds or is, its boundary, its trust, and the account's SCPs and RCPs."""
    return [Held(*row) for row in con.execute(QUERY, {"resource": resource, "account_id": account_id}).fetchall()]


def citations(evidence: Mapping[str, Any], policies: Sequence[Held]) -> list[Cited]:
    """The statements in the evidence, each once; where it only names a policy, all statements of that policy."""
    found: dict[Cited, None] = {}
    for one in cited_in(evidence):
        text = canonical(one["text"])
        bearers = [policy for policy in policies if any(own.text == text for own in policy.statements)]
        bearer = next((policy for policy in bearers if policy.name == one.get("policy")), next(iter(bearers), None))
        place = one.get("sid") or one.get("statement")
        if bearer is None:
            layer = one.get("layer") or ("rcp" if one["is_rcp"] else "")
            name = one.get("rcp" if one["is_rcp"] else "policy") or ""
            about = one["about"] if layer == "resource" else ""
            found[Cited(layer, name, about, place, one["text"]["Effect"], text)] = None
            continue
        if place is None or one["is_rcp"]:
            own = next(own for own in bearer.statements if own.text == text)
            place = own.sid or own.index
        found[Cited(bearer.layer, bearer.name, bearer.arn, place, one["text"]["Effect"], text)] = None
    for policy in () if found else named_in(evidence, policies):
        for own in policy.statements:
            found[Cited(policy.layer, policy.name, policy.arn, own.sid or own.index, own.effect, own.text)] = None
    return list(found)


def named_in(evidence: Any, policies: Sequence[Held]) -> list[Held]:
    """The policies that the evidence names, by ARN or by name."""
    texts = {value for value in _values(evidence) if isinstance(value, str)}
    return [policy for policy in policies if {policy.name, policy.arn} & texts]


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _values(one)
    else:
        yield value


def cited_in(
    evidence: Any, owner: Mapping[str, Any] | None = None, name: str = "", about: str = ""
) -> Iterator[dict[str, Any]]:
    """The statements anywhere in the evidence: what is said of each, `text` as JSON, whether it is an RCP's, and the
    resource that it is `about`.
    """
    evidence = _loaded(evidence)
    if isinstance(evidence, dict) and "Effect" in evidence:
        yield {**(owner or {}), "text": evidence, "is_rcp": name == "rcp_statement", "about": about}
    elif isinstance(evidence, dict):
        for key, value in evidence.items():
            yield from cited_in(value, evidence, key, evidence.get("resource") or about)
    elif isinstance(evidence, list):
        for one in evidence:
            yield from cited_in(one, owner, name, about)


def deciding(evidence: Mapping[str, Any]) -> list[str]:
    """Canonical statements of which one at least would have to go: all, or those of the path with the fewest."""
    ways = [_texts(path) for path in _loaded(evidence.get("paths") or [])]
    return min(ways, key=len) if ways else _texts(evidence)


def _texts(evidence: Any) -> list[str]:
    return list(dict.fromkeys(canonical(one["text"]) for one in cited_in(evidence)))


def actions_in(evidence: Any) -> list[str]:
    """The actions that the evidence speaks of, beside those in statements."""
    evidence = _loaded(evidence)
    found = [evidence["action"]] if isinstance(evidence, dict) and isinstance(evidence.get("action"), str) else []
    for one in evidence.values() if isinstance(evidence, dict) else evidence if isinstance(evidence, list) else ():
        found += actions_in(one)
    return list(dict.fromkeys(found))


def paths_in(evidence: Mapping[str, Any]) -> list[Any]:
    return list(_loaded(evidence.get("paths") or []))


def _loaded(value: Any) -> Any:
    """JSON inside of JSON is read too."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def canonical(statement: Mapping[str, Any]) -> str:
    """The statement as the parser has it, so that equal ones are equal texts."""
    return parse({"Version": "2012-10-17", "Statement": [statement]}).statements[0].text
