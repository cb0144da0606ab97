/*
id = "BP11-06"
title = "The role's trust policy lets nobody in whom it cannot tell from anybody"
severity = "critical"
description = """
A principal of * (or NotPrincipal) fails, unless the organization, the account or the ARN of the caller narrows it down,
in whichever statement; such roles pass and are listed in the evidence. Addresses, regions, tags and an external id do
not tell who calls. Web identity is judged by BP02-08.
"""
why = "Whoever has an AWS account, and that is anybody, can take the role and its rights."
fix = "Name the principals that need the role; to open it to the organization, demand aws:PrincipalOrgID by StringEquals."
may_break = "Callers that nobody knew of are refused from then on."
frameworks = { cis_aws_7 = "2.21", other = "Cloudsplaining:AssumableByAnyPrincipal, AssumableByAnyPrincipalWithConditions; Scout:iam-assume-role-policy-allows-all" }
*/
with
facts as (
    select
        *,
        list_contains(outside_accounts, '*') and not pins_organization as is_open,
        nullif(array_to_string(condition_keys, ', '), '') as keys
    from fact_trusts
    where kind = 'everyone' or malformed_reason is not null
),

judged as (
    select
        roles.account_id,
        roles.arn as resource,
        any_value(roles.own_account) as own_account,
        any_value(facts.malformed_reason) as malformed_reason,
        count(facts.kind) as times,
        coalesce(bool_or(facts.is_open), false) as is_open,
        bool_or(facts.is_open and facts.keys is null) as is_unconditional,
        string_agg(distinct facts.keys, '; ' order by facts.keys) filter (where facts.is_open) as keys,
        list_sort(list_distinct(flatten(list(coalesce(facts.outside_accounts, []))))) as outside_accounts,
        coalesce(
            list(
                {
                    statement: facts.statement_index,
                    sid: facts.sid,
                    outside_accounts: facts.outside_accounts,
                    pins_organization: facts.pins_organization,
                    pins_external_id: facts.pins_external_id,
                    text: facts.statement
                } order by facts.statement_index
            ) filter (where facts.kind is not null), []
        ) as statements
    from int_role_trusts as roles
    left join facts on roles.trust_sha256 = facts.trust_sha256
    group by roles.account_id, roles.arn
),

final as (
    select
        account_id,
        resource,
        case
            when malformed_reason is not null then 'unknown'
            when is_open then 'fail'
            else 'pass'
        end as verdict,
        case
            when malformed_reason is not null then format('Its trust policy cannot be read: {}.', malformed_reason)
            when is_open and not is_unconditional
                then format('Anybody who meets {} may assume it, from any account.', keys)
            when is_open then 'Anybody may assume it, from any account.'
            when times = 0 then 'Names whom it lets in.'
            when list_contains(outside_accounts, '*')
                then 'Names everyone, narrowed to organizations of which one at least is not this one.'
            when outside_accounts <> []
                then format(
                    'Names everyone, narrowed to accounts outside the organization: {}.',
                    array_to_string(outside_accounts, ', ')
                )
            else 'Names everyone, narrowed to principals of the organization.'
        end as reason,
        replace(to_json(struct_pack(statements))::varchar, own_account, account_id)::json as evidence
    from judged
)

select * from final
