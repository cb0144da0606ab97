/*
id = "BP01-04"
title = "SAML providers should have metadata that stays valid, and their roles should require SAML:aud"
severity = "medium"
description = """
Providers are judged by when their metadata ends; roles by whether their trust policy admits an assertion without its
audience. What IAM Identity Center made and maintains is not applicable.
"""
why = "When the metadata expires nobody can sign in, and a trust policy that requires no audience accepts assertions made for another service."
fix = "Upload the provider's new metadata before the old expires, and require SAML:aud by StringEquals in the role's trust policy."
may_break = "Sign-in through a regional endpoint has an audience of its own: allow that one too."
params = { min_valid_days = 30 }

[evidence]
valid_until = "When it ends"
valid_days = "Days until it ends; negative where it has ended"
statements = "The statements that decided, with policy, number and Sid"
*/
with
providers as (
    select
        *,
        if(
            valid_days < 0,
            format('Its metadata ran out on {}.', valid_until::date),
            format(
                'Its metadata is valid for another {} days, until {}; more than {} are wanted.',
                valid_days, valid_until::date, getvariable('min_valid_days')
            )
        ) as reason
    from stg_saml_providers
),

trusts as (select * from fact_trusts where kind = 'saml' or malformed_reason is not null),

roles as (
    select
        roles.account_id,
        roles.arn as resource,
        any_value(roles.own_account) as own_account,
        roles.is_identity_center,
        any_value(trusts.malformed_reason) as malformed_reason,
        string_agg(distinct trusts.principal, ', ' order by trusts.principal) as principals,
        string_agg(distinct trusts.principal, ', ' order by trusts.principal)
            filter (where not trusts.pins_saml_audience and trusts.lets_in <> 'no') as open_to,
        list({
            statement: trusts.statement_index, sid: trusts.sid, provider: trusts.principal,
            pins_audience: trusts.pins_saml_audience, text: trusts.statement
        } order by trusts.statement_index, trusts.principal) as statements
    from int_role_trusts as roles
    inner join trusts on roles.trust_sha256 = trusts.trust_sha256
    group by roles.account_id, roles.arn, roles.is_identity_center
)

select
    account_id,
    arn as resource,
    case
        when name glob 'AWSSSO_*_DO_NOT_DELETE' then not_applicable('Managed by IAM Identity Center.')
        when valid_days is null then unknown('AWS does not say until when its metadata is valid.')
        else if(valid_days > getvariable('min_valid_days'), pass(reason), fail(reason))
    end as judged,
    to_json(struct_pack(valid_until, valid_days)) as evidence
from providers
union all
select
    account_id,
    resource,
    case
        when malformed_reason is not null
            then unknown(replace(format('Its trust policy cannot be read: {}.', malformed_reason), own_account, account_id))
        when is_identity_center then not_applicable('Managed by IAM Identity Center.')
        when open_to is not null
            then fail(replace(format('Takes SAML assertions made for any audience from {}.', open_to), own_account, account_id))
        else pass(replace(format('Demands the audience of SAML assertions from {}.', principals), own_account, account_id))
    end,
    replace(to_json(struct_pack(statements))::varchar, own_account, account_id)::json
from roles
