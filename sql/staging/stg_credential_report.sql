/*
title = "Credential reports"
description = "A row for each user, and for the root user where AWS gives one. One access key or password a row: see int_access_keys and stg_passwords."
[columns]
is_root = "Whether the row is the root user's"
has_password = "Whether the user can sign in to the console; null where AWS does not say"
has_mfa = "Whether the user has an MFA device"
active_access_keys = "Access keys that work"
more_access_keys = "What AWS says of access keys beyond the two of the report, which it does not show; null for none"
last_used_at = "When the password or an access key last was used"
unused_days = "Days since then; null when no use is on record"
*/
select
    account_id,
    user_name,
    arn,
    user_name = '<root_account>' as is_root,
    created_at,
    password_enabled as has_password,
    password_last_used_at,
    password_last_changed_at,
    is_mfa_active as has_mfa,
    coalesce(access_key_1_active, false)::int + coalesce(access_key_2_active, false)::int as active_access_keys,
    if(regexp_matches(additional_credentials_info, '(?i)access.?key'), additional_credentials_info, null)
        as more_access_keys,
    greatest(password_last_used_at, access_key_1_last_used_at, access_key_2_last_used_at) as last_used_at,
    days_since(greatest(password_last_used_at, access_key_1_last_used_at, access_key_2_last_used_at))
        as unused_days,
    cert_1_active,
    cert_1_last_rotated_at,
    cert_2_active,
    cert_2_last_rotated_at,
    generated_at
from raw_credential_report
semi join stg_expected_accounts using (account_id)
