/*
id = "BP01-03"
title = "IAM users should not have a console password, except break-glass users with MFA"
severity = "high"
register_entries = ["break_glass_user"]
description = "Break-glass users are those of the register, under [[break_glass_users]]; each must have an MFA device too."
why = "A console password is a person's long-term credential outside the identity provider, which cannot disable it."
fix = "Give the person access through IAM Identity Center, then delete the login profile."
may_break = "The person can no longer sign in as this user; break-glass users need a device and an entry in the register first."
frameworks = { cis_aws_7 = "2.19", other = "Config(RDK):IAM_NO_USER; c7n:iam-user.login-profile; Scout:iam-human-user-with-policies(config)" }

[evidence]
has_password = "Whether there is a console password; null where AWS does not say"
password_last_used_at = "When the password was last used; null for never"
password_last_changed_at = "When the password was last changed"
has_mfa = "Whether an MFA device is enabled; null where AWS does not say"
entry = "Entry of the register that decided; null for none"
*/
with
register as (select * from stg_register where kind = 'break_glass_user'),

users as (
    select
        users.* exclude (has_mfa),
        mfa.has_mfa,
        (
            select arg_max(register, (register.is_live, register.expires_on, register.entry)) from register
            where coalesce(register.account_id, users.account_id) = users.account_id
                and users.arn glob register.resource
        ) as entry
    from stg_credential_report as users
    inner join int_user_mfa as mfa on users.account_id = mfa.account_id and users.arn = mfa.user_arn
)

select
    account_id,
    arn as resource,
    case
        when has_password is null
            then unknown(format('The credential report does not say whether {} has a password.', user_name))
        when not has_password then pass(format('{} has no console password.', user_name))
        when entry.is_live and has_mfa then pass(format(
            '{} is a break-glass user with MFA; {} answers until {}.', user_name, entry.owner, entry.expires_on
        ))
        when entry.is_live then fail(format('The break-glass user {} has no MFA device.', user_name))
        else fail(format(
            '{} has a console password, {}{}.',
            user_name,
            coalesce(format('last used on {}', password_last_used_at::date), 'never used'),
            coalesce(format('; its entry in the register ended on {}', entry.expires_on), '')
        ))
    end as judged,
    to_json(struct_pack(
        has_password, password_last_used_at, password_last_changed_at, has_mfa, entry := entry.entry
    )) as evidence
from users
