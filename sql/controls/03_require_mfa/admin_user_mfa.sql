/*
id = "BP03-02"
title = "Users who are administrators have MFA"
severity = "critical"
description = "Administrator in effect: by own, group and inline policies, less boundary, SCPs and Denies; under conditions counts."
why = "A password or key of such a user, found anywhere, is the account."
fix = "Have the user register a security key or passkey today, or take the rights away."
frameworks = { prowler = "iam_administrator_access_with_mfa", other = "Steampipe:iam_user_with_administrator_access_mfa_enabled" }
*/
with
users as (
    select *, list_concat(unreadable, unreadable_limits) as unread
    from int_principal_permissions
    where principal_type = 'user'
),

report as (select * from stg_credential_report where not is_root),

judged as (
    select
        users.*,
        report.has_mfa,
        case
            when report.has_mfa and users.admin <> 'no' then 'pass'
            when users.admin = 'yes' and report.has_mfa is null then 'unknown'
            when users.admin = 'yes' then 'fail'
            when len(users.unreadable) > 0 or (users.admin = 'depends' and len(users.unread) > 0) then 'unread'
            when users.admin = 'no' then 'not_applicable'
            else if(report.has_mfa is null, 'unknown', 'fail')
        end as state
    from users
    left join report on users.account_id = report.account_id and users.principal_arn = report.arn
),

final as (
    select
        account_id,
        principal_arn as resource,
        if(state = 'unread', 'unknown', state) as verdict,
        case state
            when 'unread' then format('Whether it is an administrator cannot be told: {}.', array_to_string(unread, '; '))
            when 'not_applicable' then format('{} is no administrator.', principal_name)
            else format(
                '{} is an administrator{} and {}.',
                principal_name,
                if(admin = 'depends', format(' under conditions on {}', array_to_string(admin_conditions, ', ')), ''),
                case has_mfa
                    when true then 'has MFA'
                    when false then 'has no MFA'
                    else 'the credential report says nothing of MFA'
                end
            )
        end as reason,
        to_json({ has_mfa: has_mfa, admin: admin, level: admin_level, statements: admin_statements }) as evidence
    from judged
)

select * from final
