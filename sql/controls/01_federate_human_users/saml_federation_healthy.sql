/*
id = "BP01-04"
title = "The SAML provider does not run out soon, and the role that trusts one pins the audience"
severity = "medium"
description = """
Providers by the end of their metadata; roles by asking their trust policy whether an assertion without its own audience
gets in. What IAM Identity Center made it also keeps, so that does not apply.
"""
why = "When the metadata runs out nobody can sign in, and a trust that pins no audience takes assertions made for somewhere else."
fix = "Upload the provider's new metadata before the old runs out, and demand SAML:aud by StringEquals in the role's trust policy."
may_break = "Sign-in through a regional endpoint has an audience of its own: allow that one too."
params = { min_valid_days = 30 }
*/
with
providers as (select * from stg_saml_providers),

facts as (select * from fact_trusts where kind = 'saml' or malformed_reason is not null),

roles as (
    select
        roles.account_id,
        roles.arn as resource,
        any_value(roles.own_account) as own_account,
        roles.is_identity_center,
        any_value(facts.malformed_reason) as malformed_reason,
        string_agg(distinct facts.principal, ', ' order by facts.principal) as principals,
        string_agg(distinct facts.principal, ', ' order by facts.principal)
            filter (where not facts.pins_saml_audience and facts.lets_in <> 'no') as open_to,
        list(
            {
                statement: facts.statement_index,
                sid: facts.sid,
                provider: facts.principal,
                pins_audience: facts.pins_saml_audience,
                text: facts.statement
            } order by facts.statement_index, facts.principal
        ) as statements
    from int_role_trusts as roles
    inner join facts on roles.trust_sha256 = facts.trust_sha256
    group by roles.account_id, roles.arn, roles.is_identity_center
),

judged as (
    select
        account_id,
        arn as resource,
        case
            when name glob 'AWSSSO_*_DO_NOT_DELETE' then 'not_applicable'
            when valid_days is null then 'unknown'
            when valid_days > getvariable('min_valid_days') then 'pass'
            else 'fail'
        end as verdict,
        case
            when verdict = 'not_applicable' then 'Made and kept by IAM Identity Center.'
            when valid_days is null then 'AWS does not say until when its metadata is valid.'
            when valid_days < 0 then format('Its metadata ran out on {}.', valid_until::date)
            else format(
                'Its metadata is valid for another {} days, until {}; more than {} are wanted.',
                valid_days, valid_until::date, getvariable('min_valid_days')
            )
        end as reason,
        to_json(struct_pack(valid_until, valid_days)) as evidence,
        '' as own_account
    from providers
    union all by name
    select
        account_id,
        resource,
        case
            when malformed_reason is not null then 'unknown'
            when is_identity_center then 'not_applicable'
            when open_to is not null then 'fail'
            else 'pass'
        end as verdict,
        case verdict
            when 'unknown' then format('Its trust policy cannot be read: {}.', malformed_reason)
            when 'not_applicable' then 'Made and kept by IAM Identity Center.'
            when 'fail' then format('Takes SAML assertions made for any audience from {}.', open_to)
            else format('Demands the audience of SAML assertions from {}.', principals)
        end as reason,
        to_json(struct_pack(statements)) as evidence,
        own_account
    from roles
),

final as (
    select
        account_id,
        resource,
        verdict,
        replace(reason, own_account, account_id) as reason,
        replace(evidence::varchar, own_account, account_id)::json as evidence
    from judged
)

select * from final
