/*
id = "BP05-04"
title = "The root user has not been used lately"
severity = "high"
why = "The root user is for the few tasks that need it; daily use leaves its credentials where they can be stolen."
fix = "Use a role for the task; where only root will do, use a root session of centralized root access, or enter an exception with the ticket."
frameworks = { cis_aws_7 = "2.7", security_hub = "IAM.20", prowler = "iam_avoid_root_usage", other = "Steampipe:iam_root_last_used; Scout:iam-root-account-used-recently; Fix:avoid_root_usage" }

[params]
window_days = 30
*/
with
accounts as (select * from stg_expected_accounts),

root as (select *, true as has_row from stg_credential_report where is_root),

judged as (
    select
        accounts.account_id,
        accounts.arn as resource,
        accounts.partition = 'aws-us-gov' as is_govcloud,
        root.has_row,
        root.password_last_used_at,
        root.last_used_at,
        root.unused_days
    from accounts
    left join root on accounts.account_id = root.account_id
),

final as (
    select
        account_id,
        resource,
        case
            when has_row is null then if(is_govcloud, 'not_applicable', 'unknown')
            when unused_days <= getvariable('window_days') then 'fail'
            else 'pass'
        end as verdict,
        case
            when has_row is null and is_govcloud then 'AWS GovCloud accounts have no root user to sign in as.'
            when has_row is null then 'The credential report has no row for the root user.'
            when unused_days is null then 'No use of the root user is on record.'
            else format(
                'The root user was last used on {}, {} days ago; the limit is {}.',
                last_used_at::date, unused_days, getvariable('window_days')
            )
        end as reason,
        to_json(struct_pack(last_used_at, password_last_used_at, unused_days)) as evidence
    from judged
)

select * from final
