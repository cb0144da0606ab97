/*
title = "Recommended action for each active access key, most urgent first"
description = """
Root users' keys come first, then what to deactivate, to replace and to keep. Of these the key that could do most comes
first, one of which that is not known after those that could make an administrator; then the longest unused, where one
never used counts from its making; then the oldest.
"""
params = { max_age_days = 90, unused_days = 45 }
[columns]
unused_days = "Days since the key was last used; null when never or not known"
age_days = "Days since the key was created"
credential = "Number of the key, 1 or 2"
account_id = "Account of the user"
user_name = "Name of the user, <root_account> for the root user"
advice = "deactivate, replace or keep"
advice_reason = "Why"
user_arn = "ARN of the user, or of the root user"
is_admin = "Whether its user administers its account: yes (as root users do), depends (on conditions or on what could not be read) or no; null where not known"
steps_to_admin = "Steps in which its user can become administrator; 0 is one, conditions count where no other way is; null for none"
power = "Its permissions: administrator, can become administrator, sensitive (granted sensitive actions, or a path of escalation), limited, or unknown (its permissions could not be judged)"
place = "Place among all: 1 is the first to remove"
*/
with
keys as (
    select
        keys.*,
        case
            when keys.is_root or coalesce(keys.unused_days, keys.age_days) > getvariable('unused_days')
                then 'deactivate'
            when keys.age_days > getvariable('max_age_days') then 'replace'
            else 'keep'
        end as advice,
        if(keys.is_root, 'yes', reach.is_admin) as is_admin,
        if(keys.is_root, 0, coalesce(reach.steps, reach.possible_steps)) as steps_to_admin,
        case
            when keys.is_root or reach.is_admin = 'yes' then 'administrator'
            when reach.steps is not null then 'can become administrator'
            when coalesce(len(permissions.unreadable) + len(permissions.unreadable_limits), 1) > 0 then 'unknown'
            when reach.possible_steps is not null then 'can become administrator'
            when privileges.sensitive_actions + privileges.escalation_paths > 0 then 'sensitive'
            else 'limited'
        end as power
    from int_credentials as keys
    left join principal_reach as reach
        on keys.account_id = reach.account_id and keys.user_arn = reach.principal_arn
    left join int_principal_permissions as permissions
        on keys.account_id = permissions.account_id and keys.user_arn = permissions.principal_arn
    left join least_privilege as privileges
        on keys.account_id = privileges.account_id and keys.user_arn = privileges.arn
    where keys.kind = 'access key' and keys.is_active
)

select
    account_id,
    user_name,
    credential,
    age_days,
    unused_days,
    last_used_service,
    owner,
    advice,
    case
        when is_root then 'The root user needs no access key.'
        when last_used_at is null and age_days > getvariable('unused_days')
            then format('Never used in the {} days that it exists.', age_days)
        when unused_days > getvariable('unused_days') then format('Not used for {} days.', unused_days)
        when age_days > getvariable('max_age_days') then format('{} days old and in use.', age_days)
        else 'Young and in use.'
    end as advice_reason,
    user_arn,
    is_admin,
    steps_to_admin,
    power,
    row_number() over (
        order by
            is_root desc,
            array_position(['deactivate', 'replace', 'keep'], advice),
            array_position(
                ['administrator', 'can become administrator', 'unknown', 'sensitive', 'limited'], power
            ),
            coalesce(unused_days, age_days) desc nulls last,
            age_days desc nulls last,
            account_id,
            user_name,
            credential
    ) as place
from keys
order by place
