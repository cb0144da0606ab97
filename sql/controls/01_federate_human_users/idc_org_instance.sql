/*
id = "BP01-01"
title = "The organization signs people in through one Identity Center instance, and no account runs its own"
severity = "high"
description = "The management account answers for the organization's instance, every other account for having none of its own."
why = "One place to sign in is one place to switch a person off; a stray instance is a second door that nobody watches."
fix = "Enable IAM Identity Center for the organization, delete the member account's own instance, and deny sso:CreateInstance by SCP."
may_break = "Applications that use the stray instance lose their users when it is deleted."
frameworks = { cis_aws_7 = "2.19" }
*/
with
accounts as (select * from stg_expected_accounts),

own as (
    select
        account_id,
        list_sort(list(distinct instance_arn)) as instances
    from stg_identity_center_instances
    where status = 'ACTIVE' and owner_account_id = account_id
    group by account_id
),

organization as (select feature_set from raw_organization),

trusted as (select count(*) > 0 as is_trusted from raw_trusted_services where service_principal = 'sso.amazonaws.com'),

judged as (
    select
        accounts.*,
        accounts.is_management and organization.feature_set <> 'ALL' as is_impossible,
        trusted.is_trusted,
        coalesce(own.instances, []) as instances,
        array_to_string(own.instances, ', ') as names
    from accounts
    cross join organization
    cross join trusted
    left join own on accounts.account_id = own.account_id
),

final as (
    select
        account_id,
        arn as resource,
        case
            when is_impossible then 'not_applicable'
            when is_management and instances = [] and is_trusted then 'unknown'
            when is_management = (instances <> []) then 'pass'
            else 'fail'
        end as verdict,
        case
            when is_impossible then 'An organization without all features can have no Identity Center instance.'
            when is_management and instances <> [] then format('The organization has the instance {}.', names)
            when is_management and is_trusted
                then 'Identity Center has trusted access, but its instance is in none of the regions that are read.'
            when is_management then 'The organization has no active Identity Center instance.'
            when instances = [] then 'The account runs no Identity Center instance of its own.'
            else format('The account runs an Identity Center instance of its own: {}.', names)
        end as reason,
        to_json(struct_pack(is_management, is_trusted, instances)) as evidence
    from judged
)

select * from final
