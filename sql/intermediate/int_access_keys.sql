/*
title = "Access keys"
description = "A row for each key that exists, working or not, the root user's too. From the credential report alone."
[columns]
is_root = "Whether it is the root user's"
key_number = "1 or 2, as in the credential report"
user_arn = "ARN of the user"
resource = "ARN of the user and the key's number"
is_active = "Whether the key works"
created_at = "When the key was made"
age_days = "Days since then"
last_used_at = "When the key last was used; null when never"
unused_days = "Days since then; null when never used"
last_used_service = "Service it was last used for"
last_used_region = "Region it was last used in"
user_created_at = "When the user was created"
*/
with

keys as (
    select
        account_id, user_name, arn, created_at as user_created_at, 1 as key_number,
        access_key_1_active as is_active,
        access_key_1_last_rotated_at as created_at,
        access_key_1_last_used_at as last_used_at,
        access_key_1_last_used_service as last_used_service,
        access_key_1_last_used_region as last_used_region
    from raw_credential_report
    union all
    select
        account_id, user_name, arn, created_at as user_created_at, 2 as key_number,
        access_key_2_active as is_active,
        access_key_2_last_rotated_at as created_at,
        access_key_2_last_used_at as last_used_at,
        access_key_2_last_used_service as last_used_service,
        access_key_2_last_used_region as last_used_region
    from raw_credential_report
)

select
    account_id,
    user_name,
    arn as user_arn,
    user_name = '<root_account>' as is_root,
    key_number,
    arn || '/accesskey/' || key_number as resource,
    coalesce(is_active, false) as is_active,
    created_at,
    days_since(created_at) as age_days,
    last_used_at,
    days_since(last_used_at) as unused_days,
    last_used_service,
    last_used_region,
    user_created_at
from keys
semi join stg_expected_accounts using (account_id)
where created_at is not null or is_active
