/*
id = "BP10-03"
title = "The role that outsiders may assume demands an external id, or a named person with MFA"
practice = 10
severity = "high"
description = "Roles whose trust policy allows AWS principals outside the organization, or anybody, to assume them. Each such statement needs StringEquals on sts:ExternalId; or, for people, the principal's ARN together with MFA; or a condition that keeps it inside the organization. Deny statements are not weighed."
why = "Without an external id, a third party can be talked into using your role for another of its customers."
fix = "Add a StringEquals condition on sts:ExternalId with a value that the third party made for you alone."
may_break = "The third party must send the external id from then on."
frameworks = { other = "Scout:iam-assume-role-lacks-external-id-and-mfa" }
*/
with roles as (select * from stg_roles),

organization as (select * from raw_organization),

accounts as (select * from raw_accounts),

statements as (
    select
        *,
        lower(conditions::varchar)::json as facts
    from trust_principals
    where effect = 'Allow'
        and len(list_filter(actions, lambda a: 'sts:assumerole' glob lower(a))) > 0
        and (principal_type = 'any' or (principal_type = 'aws' and principal_account_id is not null))
),

outsiders as (
    select
        statements.document_sha256,
        statements.statement_index,
        statements.principal,
        coalesce(
            facts -> '$.stringequals."sts:externalid"', facts -> '$.stringequalsignorecase."sts:externalid"',
            facts -> '$."foranyvalue:stringequals"."sts:externalid"'
        ) is not null as has_external_id,
        coalesce(
            facts -> '$.arnequals."aws:principalarn"', facts -> '$.arnlike."aws:principalarn"',
            facts -> '$.stringequals."aws:principalarn"', facts -> '$.stringlike."aws:principalarn"'
        ) is not null
        and coalesce(facts ->> '$.bool."aws:multifactorauthpresent"[0]' = 'true', false) as has_person_with_mfa
    from statements
    cross join organization
    where statements.principal_account_id is distinct from organization.management_account_id
        and not coalesce(facts -> '$.stringequals."aws:principalorgid"' = json_array(organization.organization_id), false)
        and not exists (select 1 from accounts where accounts.account_id = statements.principal_account_id)
),
