/*
id = "BP03-01"
title = "IAM users who can sign in to the console should have MFA"
severity = "high"
description = "With strict, users who cannot sign in to the console need MFA too."
why = "A password alone is phished, guessed or reused; with MFA it is worth little to a thief."
fix = "Have the user register a security key or passkey, or better, remove the password and use IAM Identity Center."
frameworks = { cis_aws_7 = "2.10", security_hub = "IAM.5, IAM.19", prowler = "iam_user_mfa_enabled_console_access", other = "Config:MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS, IAM_USER_MFA_ENABLED; Steampipe:iam_user_console_access_mfa_enabled, iam_user_mfa_enabled; Scout:iam-user-without-mfa; Fix:user_mfa_enabled_console_access; Cartography:missing-mfa-aws; c7n:iam-user.mfa-device" }

[params]
strict = false

[evidence]
has_password = "Whether there is a console password; null where AWS does not say"
has_mfa = "Whether an MFA device is enabled; null where AWS does not say"
active_access_keys = "How many access keys of the user work"
password_last_used_at = "When the password was last used; null for never"
*/
with
users as (
    select
        *,
        format(
            '{} {} and {}.',
            user_name,
            if(coalesce(has_password, true), 'can sign in to the console', 'cannot sign in to the console'),
            case has_mfa
                when true then 'has MFA'
                when false then 'has no MFA'
                else 'the credential report says nothing of MFA'
            end
        ) as reason
    from int_user_mfa
    where coalesce(has_password, true) or getvariable('strict')
)

select
    account_id,
    user_arn as resource,
    case has_mfa when true then pass(reason) when false then fail(reason) else unknown(reason) end as judged,
    to_json(struct_pack(has_password, has_mfa, active_access_keys, password_last_used_at)) as evidence
from users
