/*
id = "BP05-01"
title = "The root user should have no access keys and no signing certificates"
severity = "critical"
why = "A root access key is full power over the account without MFA, and no policy of the account can limit it."
fix = "Move its users to roles, then deactivate and delete the root user's keys and certificates."
may_break = "Find what still uses the key by its last use first: it stops working."
frameworks = { cis_aws_7 = "2.4", security_hub = "IAM.4", prowler = "iam_no_root_access_key", other = "Config:IAM_ROOT_ACCESS_KEY_CHECK; Steampipe:iam_root_user_no_access_keys; Scout:iam-root-account-with-active-keys, iam-root-account-with-active-certs; Fix:no_root_access_key; Cartography:aws_root_access_key_present; c7n:account.iam-summary" }

[evidence]
has_access_keys = "Whether the root user has access keys; null where AWS does not say"
has_certificates = "Whether the root user has signing certificates; null where AWS does not say"
*/
with
facts as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.no_root_user,
        summaries.root_has_access_keys as has_access_keys,
        summaries.root_has_certificates as has_certificates
    from stg_expected_accounts as accounts
    left join int_account_summary as summaries on accounts.account_id = summaries.account_id
)

select
    account_id,
    resource,
    case
        when has_access_keys and has_certificates
            then fail('The root user has access keys and signing certificates.')
        when has_access_keys then fail('The root user has access keys.')
        when has_certificates then fail('The root user has signing certificates.')
        when no_root_user is not null then not_applicable(no_root_user)
        when not (has_access_keys or has_certificates)
            then pass('The root user has no access keys and no signing certificates.')
        else unknown('The account summary does not say whether the root user has access keys or signing certificates.')
    end as judged,
    to_json(struct_pack(has_access_keys, has_certificates)) as evidence
from facts
