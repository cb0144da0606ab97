/*
title = "Access keys"
description = """
A row for each key that exists, working or not, the root user's too. Which keys a user has, and whether they work, is as
iam:ListAccessKeys says; their use is that of the credential report, whose two keys without an id are told apart by when
they were made. The root user's keys are those of the report.
"""
[columns]
user_name = "Name of the user, <root_account> for the root user"
is_root = "Whether it is the root user's"
key_id = "Its id; for the root user 1 or 2, as in the credential report"
user_arn = "ARN of the user"
resource = "ARN of the user and the key's id"
is_active = "Whether the key works"
created_at = "When the key was made"
age_days = "Days since then"
is_use_known = "Whether it is known when it was used: false where the credential report does not show the key"
last_used_at = "When the key last was used; null when never or not known"
unused_days = "Days since then; null when never used or not known"
last_used_service = "Service it was last used for"
last_used_region = "Region it was last used in"
user_created_at = "When the user was created"
*/
with
reported as (
    select
        account_id, user_name, 1 as key_number,
        access_key_1_active as is_active,
        access_key_1_last_rotated_at as created_at,
        access_key_1_last_used_at as last_used_at,
        access_key_1_last_used_service as last_used_service,
        access_key_1_last_used_region as last_used_region
    from raw_credential_report
    union all
    select
        account_id, user_name, 2 as key_number,
        access_key_2_active as is_active,
        access_key_2_last_rotated_at as created_at,
        access_key_2_last_used_at as last_used_at,
        access_key_2_last_used_service as last_used_service,
        access_key_2_last_used_region as last_used_region
    from raw_credential_report
),

shown as (
    select
        *,
        row_number() over (partition by account_id, user_name, created_at order by is_active desc, key_number) as place
    from reported
    where created_at is not null or is_active
),

listed as (
    select
        keys.*,
        coalesce(keys.created_at > users.generated_at, false) as is_newer,
        row_number() over (
            partition by keys.account_id, keys.user_name, keys.created_at order by keys.is_active desc, access_key_id
        ) as place
    from stg_access_keys as keys
    inner join stg_credential_report as users using (account_id, user_name)
),

-- Where the report's date is not that of its making, the only key left over is meant.
matched as (
    select listed.account_id, listed.user_name, listed.access_key_id, shown.key_number
    from listed
    inner join shown
        on
            listed.account_id = shown.account_id
            and listed.user_name = shown.user_name
            and listed.created_at is not distinct from shown.created_at
            and listed.place = shown.place
),

left_over as (
    select account_id, user_name, any_value(access_key_id) as access_key_id, any_value(key_number) as key_number
    from (
        select account_id, user_name, access_key_id, null as key_number
        from listed
        anti join matched using (account_id, user_name, access_key_id)
        where not is_newer
        union all
        select account_id, user_name, null, key_number
        from shown
        anti join matched using (account_id, user_name, key_number)
    )
    group by account_id, user_name
    having count(access_key_id) = 1 and count(key_number) = 1
),

keys as (
    select
        listed.account_id, listed.user_name, listed.access_key_id as key_id, listed.is_active, listed.created_at,
        pairs.key_number, listed.is_newer
    from listed
    left join (select * from matched union all by name select * from left_over) as pairs
        using (account_id, user_name, access_key_id)
    union all
    select account_id, user_name, key_number::varchar, coalesce(is_active, false), created_at, key_number, false
    from shown
    where user_name = '<root_account>'
)

select
    keys.account_id,
    keys.user_name,
    users.arn as user_arn,
    keys.user_name = '<root_account>' as is_root,
    keys.key_id,
    users.arn || '/accesskey/' || keys.key_id as resource,
    keys.is_active,
    keys.created_at,
    days_since(keys.created_at) as age_days,
    keys.key_number is not null or keys.is_newer as is_use_known,
    shown.last_used_at,
    days_since(shown.last_used_at) as unused_days,
    shown.last_used_service,
    shown.last_used_region,
    users.created_at as user_created_at
from keys
inner join stg_credential_report as users
    on keys.account_id = users.account_id and keys.user_name = users.user_name
left join shown
    on
        keys.account_id = shown.account_id
        and keys.user_name = shown.user_name
        and keys.key_number = shown.key_number
