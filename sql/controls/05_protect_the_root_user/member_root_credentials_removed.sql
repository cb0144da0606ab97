/*
id = "BP05-06"
title = "Member accounts hold no root credentials"
severity = "high"
description = "Judged once centralized root access is on: before, a member cannot do without its root credentials."
why = "A root user without password, keys and certificates cannot be signed in as, phished or reset."
fix = "Delete the member's root credentials by centralized root access (IAM, root access management)."
may_break = "The few tasks that need root are then done in a root session from the management or delegated account."
frameworks = { cis_aws_7 = "2.1.1" }
*/
with
accounts as (select * from stg_expected_accounts),

summaries as (select * from int_account_summary),

features as (
    select count(*) > 0 as is_central from raw_organization_features where feature = 'RootCredentialsManagement'
),

judged as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.partition = 'aws-us-gov' as is_govcloud,
        summaries.root_has_password as has_password,
        summaries.root_has_access_keys as has_access_keys,
        summaries.root_has_certificates as has_certificates,
        accounts.is_management,
        features.is_central
    from accounts
    left join summaries on accounts.account_id = summaries.account_id
    cross join features
),

final as (
    select
        account_id,
        resource,
        case
            when is_management or is_govcloud then 'not_applicable'
            when has_password or has_access_keys or has_certificates then if(is_central, 'fail', 'not_applicable')
            when not (has_password or has_access_keys or has_certificates) then 'pass'
            else 'unknown'
        end as verdict,
        case
            when is_management then 'The management account must keep its root credentials.'
            when is_govcloud then 'AWS GovCloud accounts have no root user to sign in as.'
            when has_password or has_access_keys or has_certificates
                then format(
                    'The root user has {}{}.',
                    concat_ws(
                        ', ',
                        if(has_password, 'a password', null),
                        if(has_access_keys, 'access keys', null),
                        if(has_certificates, 'certificates', null)
                    ),
                    if(is_central, '', ', which it needs while centralized root access is off')
                )
            when not (has_password or has_access_keys or has_certificates) then 'The root user has no credentials.'
            else 'The account summary does not say which credentials the root user has.'
        end as reason,
        to_json(struct_pack(has_password, has_access_keys, has_certificates, is_central)) as evidence
    from judged
)

select * from final
