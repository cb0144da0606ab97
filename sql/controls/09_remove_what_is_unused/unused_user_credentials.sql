/*
id = "BP09-01"
title = "The password or access key is in use, or has been removed"
severity = "medium"
description = "From the credential report, the root user left out. A credential that never was used counts from its making; a switched-off key from its last change or use, whichever is later."
why = "Nobody notices when a credential that nobody uses is stolen."
fix = "Switch off the password or key, and delete a switched-off key once nothing has missed it."
may_break = "A job that runs less often than the limit loses its credential: look at the last service and region used first."
frameworks = { cis_aws_7 = "2.11", security_hub = "IAM.22, IAM.8", prowler = "iam_user_accesskey_unused, iam_user_console_access_unused", other = "Config:IAM_USER_UNUSED_CREDENTIALS_CHECK, (RDK) IAM_USER_USED_LAST_90_DAYS; Steampipe:iam_user_unused_credentials_{45,90}, iam_user_console_access_unused_45, iam_user_access_key_unused_45; Scout:iam-unused-credentials-not-disabled; Fix:disable_old_credentials, unused_access_keys; Cartography:aws_unused_credentials; c7n:iam-user.credential; AirIAM:find_unused" }
params = { max_unused_days = 45, max_inactive_key_days = 30 }
*/
with
access_keys as (select * from int_access_keys where not is_root),

passwords as (select * from stg_passwords),

credentials as (
    select
        account_id,
        resource,
        'access key' as kind,
        is_active,
        coalesce(created_at, user_created_at) as created_at,
        last_used_at,
        last_used_service
    from access_keys
    union all
    select
        account_id,
        resource,
        'password' as kind,
        true as is_active,
        created_at,
        last_used_at,
        null as last_used_service
    from passwords
),

judged as (
    select
        *,
        if(is_active, coalesce(last_used_at, created_at), greatest(last_used_at, created_at))::date as idle_since,
        if(idle_since > getvariable('as_of'), 0, getvariable('as_of') - idle_since) as idle_days,
        if(is_active, getvariable('max_unused_days'), getvariable('max_inactive_key_days')) as limit_days
    from credentials
),

final as (
    select
        account_id,
        resource,
        case when idle_days is null then 'unknown' when idle_days > limit_days then 'fail' else 'pass' end as verdict,
        case
            when idle_days is null then format('The report has no date for this {}.', kind)
            when not is_active
                then format('Inactive {}, last changed or used {} days ago; limit {}.', kind, idle_days, limit_days)
            when last_used_at is null
                then format('Active {}, never used, made {} days ago; limit {}.', kind, idle_days, limit_days)
            else format('Active {}, last used {} days ago; limit {}.', kind, idle_days, limit_days)
        end as reason,
        to_json({
            kind: kind,
            is_active: is_active,
            severity: if(is_active, 'medium', 'low'),
            created_at: created_at,
            last_used_at: last_used_at,
            last_used_service: last_used_service,
            idle_days: idle_days
        }) as evidence
    from judged
)

select * from final
