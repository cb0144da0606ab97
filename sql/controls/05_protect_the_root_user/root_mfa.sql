/*
id = "BP05-02"
title = "The root user has MFA wherever it has a credential"
practice = 5
severity = "critical"
description = "Judged by the account summary. A summary that does not speak of a password is taken to mean that there is one."
why = "The root user can do anything in the account, and its password can be reset by whoever reads its mailbox."
fix = "Remove the root credentials by centralized root access; in the management account register a security key."
frameworks = { cis_aws_7 = "2.5", security_hub = "IAM.9", prowler = "iam_root_mfa_enabled", other = "Config:ROOT_ACCOUNT_MFA_ENABLED; Steampipe:iam_root_user_mfa_enabled, iam_root_user_account_console_access_mfa_enabled; Scout:iam-root-account-no-mfa; Fix:root_mfa_enabled; Cartography:aws_root_mfa_disabled" }
*/
with
accounts as (select * from stg_expected_accounts),

summaries as (select * from int_account_summary),

judged as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.partition = 'aws-us-gov' as is_govcloud,
        summaries.root_has_password as has_password,
        summaries.root_has_access_keys as has_access_keys,
        summaries.root_has_certificates as has_certificates,
        summaries.root_has_mfa as has_mfa
    from accounts
    left join summaries on accounts.account_id = summaries.account_id
),

final as (
    select
        account_id,
        resource,
        case
            when is_govcloud then 'not_applicable'
            when has_mfa then 'pass'
            when not (has_password or has_access_keys) then 'not_applicable'
            when has_mfa is null then 'unknown'
            else 'fail'
        end as verdict,
        case
            when is_govcloud then 'AWS GovCloud accounts have no root user to sign in as.'
            when has_mfa then 'The root user has MFA.'
            when not (has_password or has_access_keys) then 'The root user has no password and no access keys.'
            when has_mfa is null then 'The account summary does not say whether the root user has MFA.'
            else format('The root user has {} and no MFA.', if(has_access_keys, 'access keys', 'a password'))
        end as reason,
        to_json(struct_pack(has_mfa, has_password, has_access_keys)) as evidence
    from judged
)

select * from final
