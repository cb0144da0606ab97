/*
title = "Long-term credentials"
description = "Every password, access key, certificate, SSH key and service-specific credential. It rests on many calls: a control should take the narrow table of its kind instead."
[columns]
user_name = "Name of the user, <root_account> for the root user"
user_arn = "ARN of the user, or of the root user"
last_used_at = "When it was last used; null when never or not known"
is_root = "Whether it is the root user's"
kind = "password, access key, signing certificate, SSH key or service-specific credential"
credential = "Its id; the number of a root user's key or certificate"
is_active = "Whether it works"
created_at = "When it was made or last changed; null if not reported"
age_days = "Days since then"
unused_days = "Days since it was last used; null if never or not reported"
last_used_service = "Service it was last used for"
last_used_region = "Region it was last used in"
expires_at = "When it stops working by itself; null if never or not reported"
owner = "Who answers for the user: its tag owner, else team, else contact"
*/
with

credentials as (
    select
        account_id, user_name, user_arn, false as is_root, 'password' as kind, 'password' as credential,
        true as is_active, created_at, age_days, last_used_at, unused_days,
        null as last_used_service, null as last_used_region, null as expires_at
    from stg_passwords
    union all
    select
        account_id, user_name, user_arn, true, 'password', 'password',
        true, null, null, password_last_used_at, password_unused_days,
        null, null, null
    from int_root
    where has_password
    union all
    select
        account_id, user_name, arn, true, 'signing certificate', '1',
        coalesce(cert_1_active, false), cert_1_last_rotated_at, days_since(cert_1_last_rotated_at),
        null, null, null, null, null
    from stg_credential_report
    where is_root and (cert_1_active or cert_1_last_rotated_at is not null)
    union all
    select
        account_id, user_name, arn, true, 'signing certificate', '2',
        coalesce(cert_2_active, false), cert_2_last_rotated_at, days_since(cert_2_last_rotated_at),
        null, null, null, null, null
    from stg_credential_report
    where is_root and (cert_2_active or cert_2_last_rotated_at is not null)
    union all
    select
        account_id, user_name, user_arn, is_root, 'access key', key_id,
        is_active, created_at, age_days, last_used_at, unused_days,
        last_used_service, last_used_region, null
    from int_access_keys
    union all
    select
        account_id, user_name, user_arn, false, kind, credential,
        is_active, created_at, age_days, null, null,
        service_name, null, expires_at
    from int_other_credentials
)

select credentials.*, users.owner
from credentials
left join stg_users as users
    on credentials.account_id = users.account_id and credentials.user_name = users.user_name
