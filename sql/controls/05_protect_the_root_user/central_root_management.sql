/*
id = "BP05-05"
title = "Root access is managed centrally, credentials and sessions"
severity = "high"
scope = "organization"
description = "A delegated administrator for iam.amazonaws.com is named where there is one; without one the control still passes."
why = "With centralized root access the members need no root credentials at all, so there is nothing to steal."
fix = "In IAM, enable centralized root access with both features, and delegate it to the security account."
frameworks = { cis_aws_7 = "2.1.1", prowler = "iam_root_credentials_management_enabled" }
*/
with
management as (select * from stg_expected_accounts where is_management),

features as (select coalesce(list_sort(list(feature)), []) as enabled from raw_organization_features),

administrators as (
    select coalesce(list_sort(list(account_id)), []) as delegated
    from raw_delegated_administrators
    where service_principal = 'iam.amazonaws.com'
),

judged as (
    select
        management.account_id,
        management.arn as resource,
        management.partition = 'aws-us-gov' as is_govcloud,
        features.enabled,
        administrators.delegated,
        list_filter(
            ['RootCredentialsManagement', 'RootSessions'], lambda feature: not list_contains(features.enabled, feature)
        ) as missing
    from management
    cross join features
    cross join administrators
),

final as (
    select
        account_id,
        resource,
        case when missing = [] then 'pass' when is_govcloud then 'not_applicable' else 'fail' end as verdict,
        case
            when missing = [] and delegated = []
                then 'Both features are on; nobody is delegated, so root access is managed from the management account.'
            when missing = [] then format('Both features are on, delegated to {}.', array_to_string(delegated, ', '))
            when is_govcloud then 'AWS GovCloud accounts have no root user to sign in as.'
            else format('Centralized root access lacks {}.', array_to_string(missing, ' and '))
        end as reason,
        to_json(struct_pack(enabled, missing, delegated)) as evidence
    from judged
)

select * from final
