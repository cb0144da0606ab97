/*
id = "BP09-03"
title = "The policy, group, identity provider or instance profile is in use"
practice = 9
severity = "low"
description = "Customer managed policies: attached, or a boundary, or changed lately. Groups: have users. Identity providers: a role trusts them. Instance profiles: hold a role. Permission sets are not read yet."
why = "What is left over is attached again by mistake, and hides what matters in a review."
fix = "Delete it, after a look at who made it and when."
may_break = "A SAML provider may serve Client VPN or another service without any role; a policy may be attached by a deployment that runs rarely."
frameworks = { other = "Config:IAM_GROUP_HAS_USERS_CHECK, Config:IAM_POLICY_IN_USE" }
params = { max_unused_days = 90 }
*/
with trusts as (
    select
        roles.account_id,
        trust_principals.principal,
        trust_principals.malformed_reason,
        roles.role_name
    from stg_roles as roles
    inner join trust_principals on roles.trust_document_sha256 = trust_principals.document_sha256
    where trust_principals.malformed_reason is not null
        or (trust_principals.effect = 'Allow' and trust_principals.principal_type = 'federated')
),

memberships as (select account_id, unnest(group_names) as group_name from stg_users),

providers as (
    select account_id, arn, 'SAML provider' as kind, name glob 'AWSSSO_*_DO_NOT_DELETE' as is_of_aws from stg_saml_providers
    union all
    select account_id, arn, 'OIDC provider' as kind, false as is_of_aws from stg_oidc_providers
),

objects as (
    select
        account_id,
        arn as resource,
        'policy' as kind,
        attachment_count + permissions_boundary_usage_count as uses,
        'principals' as users,
        least(age_days, unchanged_days) as idle_days,
        null as obstacle
    from stg_policies
    where not is_aws_managed
    union all
    select groups.account_id, groups.arn, 'group', count(memberships.group_name), 'users', null, null
    from stg_groups as groups
    left join memberships on groups.account_id = memberships.account_id and groups.group_name = memberships.group_name
    group by groups.account_id, groups.arn
    union all
    select
        providers.account_id, providers.arn, providers.kind,
        count(distinct trusts.role_name) filter (where trusts.principal = providers.arn), 'roles', null,
        case
            when providers.is_of_aws then 'not_applicable'
            when count(trusts.malformed_reason) > 0 then 'unknown'
        end
    from providers
    left join trusts on providers.account_id = trusts.account_id
    group by providers.account_id, providers.arn, providers.kind, providers.is_of_aws
    union all
    select account_id, arn, 'instance profile', len(role_names), 'roles', null, null from stg_instance_profiles
),

final as (
    select
        account_id,
        resource,
        case
            when uses > 0 then 'pass'
            when obstacle is not null then obstacle
            when idle_days <= getvariable('max_unused_days') then 'pass'
            else 'fail'
        end as verdict,
        case
            when uses > 0 then format('The {} is in use, by {}: {}.', kind, users, uses)
            when obstacle = 'not_applicable' then format('IAM Identity Center made this {} and keeps it.', kind)
            when obstacle = 'unknown' then 'A role of the account has a trust policy that cannot be read; it might trust this one.'
            when idle_days is not null then format('The {} has no {}, and was last changed {} days ago; limit {}.', kind, users, idle_days, getvariable('max_unused_days'))
            else format('The {} has no {}.', kind, users)
        end as reason,
        to_json(struct_pack(kind, uses, idle_days)) as evidence
    from objects
)

select * from final
