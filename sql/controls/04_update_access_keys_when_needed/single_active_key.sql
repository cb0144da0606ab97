/*
id = "BP04-02"
title = "IAM users should have only one active access key, except during a rotation"
severity = "medium"
description = "Users with an active key are judged."
why = "A second key is a second secret to lose, and hides which of the two is really in use."
fix = "Find by its last use which key is needed, then deactivate and delete the other; a person needs neither with `aws sso login` or `aws login`."
may_break = "Whatever uses the other key stops working once it is deactivated."
frameworks = { prowler = "iam_user_two_active_access_key", other = "Steampipe:iam_user_one_active_key; Scout:iam-user-with-multiple-access-keys; Fix:user_has_two_active_access_keys; Cartography:aws_multiple_access_keys" }

[params]
rotation_days = 7

[evidence]
keys = "The active access keys"
*/
with
users as (
    select
        account_id,
        user_arn,
        count(*) as active_keys,
        min(age_days) as youngest_days,
        list(struct_pack(key_id, created_at, age_days, last_used_at, last_used_service) order by created_at, key_id)
            as keys,
        format(
            '{} has {} active access keys, the youngest of them {} days old; a rotation may take {}.',
            user_name, active_keys,
            coalesce(youngest_days::varchar, 'an unknown number of'), getvariable('rotation_days')
        ) as reason,
        user_name
    from int_access_keys
    where is_active and not is_root
    group by account_id, user_name, user_arn
)

select
    account_id,
    user_arn as resource,
    case
        when active_keys = 1 then pass(format('{} has one active access key.', user_name))
        when active_keys = 2 and youngest_days <= getvariable('rotation_days') then pass(reason)
        else fail(reason)
    end as judged,
    to_json(struct_pack(keys)) as evidence
from users
