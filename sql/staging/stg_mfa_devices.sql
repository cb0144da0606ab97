/*
title = "MFA devices"
[columns]
is_root = "Whether it is the root user's"
kind = "virtual, SMS, security key (FIDO, passkeys too) or hardware token"
is_phishing_resistant = "Whether a look-alike site cannot use what it gives; hardware tokens count, as in AWS's own checks"
*/
with

devices as (
    select
        *,
        case
            when serial_number glob 'arn:*:iam::*:mfa/*' then 'virtual'
            when serial_number glob 'arn:*:iam::*:sms-mfa/*' then 'SMS'
            when serial_number glob 'arn:*:iam::*:u2f/*' then 'security key'
            else 'hardware token'
        end as kind
    from raw_mfa_devices
)

select
    account_id,
    user_name,
    user_arn,
    user_name = '<root_account>' as is_root,
    serial_number,
    kind,
    kind in ('security key', 'hardware token') as is_phishing_resistant,
    enabled_at
from devices
semi join stg_expected_accounts using (account_id)
