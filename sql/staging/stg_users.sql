/*
title = "IAM users"
[columns]
age_days = "Days since it was created"
owner = "Who answers for it: its tag owner, else team, else contact (keys in any case)"
*/
select
    account_id,
    user_name,
    user_id,
    arn,
    path,
    created_at,
    days_since(created_at) as age_days,
    group_names,
    permissions_boundary_arn,
    tags::json as tags,
    list_min(
        list_transform(
            list_filter(
                map_entries(tags::json::map(varchar, varchar)),
                lambda tag: tag.value <> '' and list_contains(['owner', 'team', 'contact'], lower(tag.key))
            ),
            lambda tag: {'rank': list_position(['owner', 'team', 'contact'], lower(tag.key)), 'value': tag.value}
        )
    ).value as owner
from raw_users
semi join stg_expected_accounts using (account_id)
