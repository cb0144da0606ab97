/*
id = "BP05-05"
title = "Root access should be managed centrally, both credentials and sessions"
severity = "high"
scope = "organization"
description = "The delegated administrator for iam.amazonaws.com is named if there is one; without one the control still passes."
why = "With centralized root access the members need no root credentials at all, so there is nothing to steal."
fix = "In IAM, enable centralized root access with both features, and delegate it to the security account."
frameworks = { cis_aws_7 = "2.1.1", prowler = "iam_root_credentials_management_enabled" }

[evidence]
enabled = "Features of centralized root access that are enabled"
missing = "Features of centralized root access that are not enabled"
delegated = "Accounts that the management of root access is delegated to"
*/
with
features as (select coalesce(list_sort(list(feature)), []) as enabled from raw_organization_features),

administrators as (
    select coalesce(list_sort(list(account_id)), []) as delegated
    from raw_delegated_administrators
    where service_principal = 'iam.amazonaws.com'
),

facts as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.no_root_user,
        features.enabled,
        administrators.delegated,
        list_filter(
            ['RootCredentialsManagement', 'RootSessions'], lambda feature: not list_contains(enabled, feature)
        ) as missing
    from stg_expected_accounts as accounts
    cross join features
    cross join administrators
    where accounts.is_management
)

select
    account_id,
    resource,
    case
        when missing = [] and delegated = [] then pass(
            'Both features are on; nobody is delegated, so root access is managed from the management account.'
        )
        when missing = [] then pass(format('Both features are on, delegated to {}.', array_to_string(delegated, ', ')))
        when no_root_user is not null then not_applicable(no_root_user)
        else fail(format('Centralized root access lacks {}.', array_to_string(missing, ' and ')))
    end as judged,
    to_json(struct_pack(enabled, missing, delegated)) as evidence
from facts
