/*
id = "BP01-03"
title = "IAM users have no console password"
practice = 1
severity = "high"
description = "Break-glass users are exceptions in the register, with an owner, a reason and an expiry."
why = "A console password is a long-term credential of a person, outside the identity provider that would switch it off."
fix = "Give the person access through IAM Identity Center, then delete the login profile."
may_break = "The person cannot sign in as this user any more; break-glass users need an entry in the register first."
frameworks = { cis_aws_7 = "2.19", other = "Config(RDK):IAM_NO_USER; c7n:iam-user.login-profile; Scout:iam-human-user-with-policies(config)" }
*/
with
users as (select * from stg_credential_report where not is_root),

final as (
    select
        account_id,
        arn as resource,
        case has_password when true then 'fail' when false then 'pass' else 'unknown' end as verdict,
        case
            when has_password is null
                then format('The credential report does not say whether {} has a password.', user_name)
            when not has_password then format('{} has no console password.', user_name)
            when password_last_used_at is null then format('{} has a console password, never used.', user_name)
            else format('{} has a console password, last used on {}.', user_name, password_last_used_at::date)
        end as reason,
        to_json(struct_pack(has_password, password_last_used_at, password_last_changed_at, has_mfa)) as evidence
    from users
)

select * from final
