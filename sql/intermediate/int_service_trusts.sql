/*
title = "Services that a role trusts without restricting the source they act for"
description = """
Only services that would say for whom (fact_trust_services), and not the roles that AWS made for itself. Whether the
account's resource control policies confine them is in fact_trust_guards.
"""
[columns]
statement_index = "Place of the statement in the trust policy, from 0"
service = "Service principal without region and domain"
principal = "The principal as the statement has it"
levels_sha256 = "Key of the account's RCPs in int_control_levels; null where none can bind it"
role_arn = "The role as far as the RCPs speak of it: by ARN, by account, or as any role"
tags = "Tags of the role that the RCPs speak of"
guard_sha256 = "Key in fact_trust_guards"
*/
with
guardrails as (
    select
        levels.account_id,
        levels.levels_sha256,
        lower(string_agg(policies.document, ' ' order by policies.policy_id, policies.target_id)) as text
    from int_control_levels as levels
    inner join int_effective_policies as policies using (account_id, policy_type)
    where levels.policy_type = 'RESOURCE_CONTROL_POLICY'
    group by levels.account_id, levels.levels_sha256
),

trusts as (
    select
        roles.account_id,
        roles.arn,
        facts.statement_index,
        services.service,
        facts.principal
    from fact_trusts as facts
    inner join int_role_trusts as roles on facts.trust_sha256 = roles.trust_sha256
    inner join fact_trust_services as services on facts.service = services.service
    where facts.kind = 'service' and facts.lets_in <> 'no' and not facts.pins_source and not roles.is_service_linked
),

asked as (
    select
        trusts.*,
        guardrails.levels_sha256,
        case
            when contains(guardrails.text, ':role/') then trusts.arn
            when contains(guardrails.text, trusts.account_id)
                then format('arn:{}:iam::{}:role/any', split_part(trusts.arn, ':', 2), trusts.account_id)
            else format('arn:{}:iam::000000000000:role/any', split_part(trusts.arn, ':', 2))
        end as role_arn,
        to_json(map_from_entries(list_filter(
            list_sort(map_entries(roles.tags::map(varchar, varchar))),
            lambda tag: contains(guardrails.text, 'resourcetag/' || lower(tag.key))
        ))) as tags
    from trusts
    inner join stg_roles as roles on trusts.account_id = roles.account_id and trusts.arn = roles.arn
    left join guardrails on trusts.account_id = guardrails.account_id
)

select
    *,
    sha256(to_json(struct_pack(principal, levels_sha256, role_arn, tags))::varchar) as guard_sha256
from asked
