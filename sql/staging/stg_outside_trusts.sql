/*
title = "Trust that roles put in AWS principals outside the organization"
description = "A row for each role, Allow statement and principal: one of an account that is not of the organization, or anybody. Statements whose conditions keep the caller inside the organization are left out. A role whose trust policy could not be read has one row with malformed_reason."
[columns]
principal = "The principal as the statement has it"
has_external_id = "Whether the statement demands an external id by StringEquals"
names_person = "Whether it names the caller: a user as principal, or a condition on aws:PrincipalArn"
has_mfa = "Whether it demands MFA by Bool"
malformed_reason = "Why the trust policy could not be read"
*/
with

inside as (
    select
        any_value(organization_id) as organization_id,
        (select list(account_id) from raw_accounts) as account_ids
    from raw_organization
),

trusts as (
    select roles.account_id, roles.arn, trusts.*
    from stg_roles as roles
    inner join trust_principals as trusts on roles.trust_document_sha256 = trusts.document_sha256
),

statements as (
    select distinct
        document_sha256,
        statement_index,
        unnest(map_entries(conditions::json::map(varchar, map(varchar, varchar[])))) as operator
    from trust_principals
),

conditions as (
    select
        document_sha256,
        statement_index,
        lower(operator.key) as operator,
        unnest(map_entries(operator.value)) as condition
    from statements
),

limits as (
    select
        conditions.document_sha256,
        conditions.statement_index,
        bool_or(operator like '%stringequals%' and condition.key = 'sts:externalid') as has_external_id,
        bool_or(condition.key = 'aws:principalarn') as names_person,
        bool_or(
            operator = 'bool' and condition.key = 'aws:multifactorauthpresent' and condition.value = ['true']
        ) as has_mfa,
        bool_or(len(condition.value) > 0 and len(list_filter(condition.value, lambda v: case condition.key
            when 'aws:principalorgid' then v = inside.organization_id
            when 'aws:principalorgpaths' then starts_with(v, inside.organization_id || '/')
            when 'aws:principalaccount' then list_contains(inside.account_ids, v)
            when 'aws:principalarn' then list_contains(inside.account_ids, split_part(v, ':', 5))
            else false
        end)) = len(condition.value)) as is_inside
    from conditions
    cross join inside
    -- The other operators hold where the key is absent, or say what the caller is not.
    where regexp_matches(operator, '^(foranyvalue:)?(string|arn)(equals|equalsignorecase|like)$') or operator = 'bool'
    group by conditions.document_sha256, conditions.statement_index
)

select
    trusts.account_id,
    trusts.arn,
    trusts.statement_index,
    trusts.principal,
    trusts.principal_account_id,
    coalesce(limits.has_external_id, false) as has_external_id,
    coalesce(limits.names_person, false) or trusts.principal like 'arn:%:user/%' as names_person,
    coalesce(limits.has_mfa, false) as has_mfa,
    trusts.malformed_reason
from trusts
cross join inside
left join limits
    on trusts.document_sha256 = limits.document_sha256 and trusts.statement_index = limits.statement_index
where trusts.malformed_reason is not null or (
    trusts.effect = 'Allow'
    and len(list_filter(trusts.actions, lambda a: 'sts:assumerole' glob lower(a))) > 0
    and (
        trusts.principal_type = 'any'
        or (trusts.principal_type = 'aws' and not list_contains(inside.account_ids, trusts.principal_account_id))
    )
    and not coalesce(limits.is_inside, false)
)
