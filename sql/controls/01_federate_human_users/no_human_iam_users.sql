/*
id = "BP01-03"
title = "IAM users have no console password, but for break-glass users with MFA"
severity = "high"
description = "Break-glass users are those of the register, under [[break_glass_users]]; each must have an MFA device too."
why = "A console password is a long-term credential of a person, outside the identity provider that would switch it off."
fix = "Give the person access through IAM Identity Center, then delete the login profile."
may_break = "The person cannot sign in as this user any more; break-glass users need a device and an entry in the register first."
frameworks = { cis_aws_7 = "2.19", other = "Config(RDK):IAM_NO_USER; c7n:iam-user.login-profile; Scout:iam-human-user-with-policies(config)" }
*/
with
users as (select * from stg_credential_report where not is_root),

register as (select * from stg_register where kind = 'break_glass_user'),

registered as (
    select
        users.*,
        (
            select arg_max(register, (register.is_live, register.expires_on, register.entry)) from register
            where coalesce(register.account_id, users.account_id) = users.account_id
                and users.arn glob register.resource
        ) as entry
    from users
),

judged as (select *, coalesce(entry.is_live, false) as is_break_glass from registered),

final as (
    select
        account_id,
        arn as resource,
        case
            when has_password is null then 'unknown'
            when not has_password or (is_break_glass and has_mfa) then 'pass'
            else 'fail'
        end as verdict,
        case
            when has_password is null
                then format('The credential report does not say whether {} has a password.', user_name)
            when not has_password then format('{} has no console password.', user_name)
            when verdict = 'pass'
                then format(
                    '{} is a break-glass user with MFA; {} answers until {}.',
                    user_name, entry.owner, entry.expires_on
                )
            when is_break_glass then format('The break-glass user {} has no MFA device.', user_name)
            else format(
                '{} has a console password, {}{}.',
                user_name,
                coalesce(format('last used on {}', password_last_used_at::date), 'never used'),
                coalesce(format('; its entry in the register ended on {}', entry.expires_on), '')
            )
        end as reason,
        to_json(struct_pack(
            has_password, password_last_used_at, password_last_changed_at, has_mfa, entry := entry.entry
        )) as evidence
    from judged
)

select * from final
