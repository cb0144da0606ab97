/*
id = "BP09-01"
title = "Unused passwords and access keys of IAM users should be removed"
severity = "medium"
description = "From the credential report, without the root user. A credential that was never used counts from its creation; a deactivated key from its last change or use, whichever is later."
why = "Nobody notices when an unused credential is stolen."
fix = "Deactivate the password or key, and delete a deactivated key once it is clear that nothing needs it."
may_break = "A job that runs less often than the limit loses its credential: check the last service and Region used first."
frameworks = { cis_aws_7 = "2.11", security_hub = "IAM.22, IAM.8", prowler = "iam_user_accesskey_unused, iam_user_console_access_unused", other = "Config:IAM_USER_UNUSED_CREDENTIALS_CHECK, (RDK) IAM_USER_USED_LAST_90_DAYS; Steampipe:iam_user_unused_credentials_{45,90}, iam_user_console_access_unused_45, iam_user_access_key_unused_45; Scout:iam-unused-credentials-not-disabled; Fix:disable_old_credentials, unused_access_keys; Cartography:aws_unused_credentials; c7n:iam-user.credential; AirIAM:find_unused" }
params = { max_unused_days = 45, max_inactive_key_days = 30 }

[evidence]
kind = "access key or password"
is_active = "Whether it works"
severity = "How grave this one is"
created_at = "When it was made"
last_used_at = "When it was last used; null for never or not reported"
last_used_service = "Service for which it was last used"
idle_days = "Days since it was last used, or made"
*/
with
credentials as (
    select
        account_id,
        resource,
        'access key' as kind,
        is_use_known,
        is_active,
        coalesce(created_at, user_created_at) as created_at,
        last_used_at,
        last_used_service
    from int_access_keys
    where not is_root
    union all
    select account_id, resource, 'password', true, true, created_at, last_used_at, null
    from stg_passwords
),

idle as (
    select
        *,
        if(is_active, coalesce(last_used_at, created_at), greatest(last_used_at, created_at)) as idle_since,
        days_since(idle_since) as idle_days,
        if(is_active, getvariable('max_unused_days'), getvariable('max_inactive_key_days')) as limit_days,
        format(
            case
                when not is_active then 'Inactive {}, last changed or used {} days ago; limit {}.'
                when last_used_at is null then 'Active {}, never used, made {} days ago; limit {}.'
                else 'Active {}, last used {} days ago; limit {}.'
            end,
            kind, idle_days, limit_days
        ) as summary
    from credentials
)

select
    account_id,
    resource,
    case
        when idle_days is null then unknown(format('The report has no date for this {}.', kind))
        when idle_days > limit_days and not is_use_known
            then unknown(format('The credential report does not show when this {} was used.', kind))
        when idle_days > limit_days then fail(summary)
        else pass(summary)
    end as judged,
    to_json({
        kind: kind,
        is_active: is_active,
        severity: if(is_active, 'medium', 'low'),
        created_at: created_at,
        last_used_at: last_used_at,
        last_used_service: last_used_service,
        idle_days: idle_days
    }) as evidence
from idle
