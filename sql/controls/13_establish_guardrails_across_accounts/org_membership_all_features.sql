/*
id = "BP13-01"
title = "The account is in an organization with all features and placed in an organizational unit"
severity = "high"
description = "Where the management account stands is not judged, for no guardrail binds it anywhere."
why = "Guardrails need an organization with all features, and an account directly under the root gets only what every account gets."
fix = "Enable all features, and move the account into the organizational unit whose guardrails it needs."
may_break = "Moving an account changes the policies that bind it."
frameworks = { cis_aws_7 = "2.1.4", security_hub = "Account.2", prowler = "organizations_account_part_of_organizations", other = "Config:ACCOUNT_PART_OF_ORGANIZATIONS; Steampipe:account_part_of_organizations; c7n:account.organization" }
*/
with
accounts as (select * from raw_accounts semi join stg_expected_accounts using (account_id)),

organization as (select * from raw_organization),

judged as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.is_management,
        accounts.parent_id,
        organization.organization_id,
        organization.feature_set,
        starts_with(accounts.parent_id, 'r-') as is_under_root
    from accounts
    left join organization on true
),

final as (
    select
        account_id,
        resource,
        case
            when coalesce(feature_set, '') <> 'ALL' then 'fail'
            when is_management then 'not_applicable'
            when parent_id is null then 'unknown'
            when is_under_root then 'fail'
            else 'pass'
        end as verdict,
        case
            when organization_id is null then 'The account is in no organization.'
            when coalesce(feature_set, '') <> 'ALL'
                then format('Organization {} has the feature set {}, not ALL.', organization_id, feature_set)
            when is_management
                then format(
                    'Management account of {}, which has all features; no guardrail binds it anywhere.',
                    organization_id
                )
            when parent_id is null then 'The place of the account in the organization was not read.'
            when is_under_root
                then format('The account stands directly under the root {}, in no organizational unit.', parent_id)
            else format('Member of {}, which has all features, in {}.', organization_id, parent_id)
        end as reason,
        to_json(struct_pack(organization_id, feature_set, parent_id, is_management)) as evidence
    from judged
)

select * from final
