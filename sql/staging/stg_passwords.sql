/*
title = "Console passwords of IAM users"
description = "A row for each user who can sign in with a password. From the credential report alone; the root user's is in int_root."
[columns]
user_arn = "ARN of the user"
resource = "ARN of the user and '/password'"
created_at = "When the password was last changed, else when the user was created"
age_days = "Days since then"
last_used_at = "When the password last was used; null when never"
unused_days = "Days since then; null when never used"
has_mfa = "Whether the user has an MFA device"
*/
select
    account_id,
    user_name,
    arn as user_arn,
    arn || '/password' as resource,
    coalesce(password_last_changed_at, created_at) as created_at,
    days_since(coalesce(password_last_changed_at, created_at)) as age_days,
    password_last_used_at as last_used_at,
    days_since(password_last_used_at) as unused_days,
    coalesce(is_mfa_active, false) as has_mfa
from raw_credential_report
semi join stg_expected_accounts using (account_id)
where password_enabled and user_name <> '<root_account>'
