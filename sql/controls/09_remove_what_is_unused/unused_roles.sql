/*
id = "BP09-02"
title = "The role has been used lately or is new"
severity = "medium"
description = "IAM looks back 400 days: a role without a last use has not been used for as long as that. Break-glass roles belong in the register of exceptions."
why = "A role that nobody uses is a way in that nobody watches."
fix = "Deny the role everything by an inline policy, wait until nobody has missed it, then delete it."
may_break = "Jobs that run once a year need their role: ask its owner."
frameworks = { other = "Steampipe:iam_role_unused_60; Scout:iam-ec2-role-without-instances; c7n:iam-role.unused; AirIAM:find_unused; AA UnusedIAMRole" }
params = { max_unused_days = 90 }
*/
with
roles as (select * from stg_roles),

judged as (
    select
        *,
        if(unused_days < 0, 0, coalesce(unused_days, age_days)) as idle_days,
        case
            when is_service_linked then 'an AWS service, which deletes it when it is done'
            when is_identity_center then 'IAM Identity Center for a permission set'
        end as maker
    from roles
),

final as (
    select
        account_id,
        arn as resource,
        case
            when maker is not null then 'not_applicable'
            when idle_days is null then 'unknown'
            when idle_days > getvariable('max_unused_days') then 'fail'
            else 'pass'
        end as verdict,
        case
            when maker is not null then format('Made by {}.', maker)
            when idle_days is null then 'Neither its creation nor its last use was told.'
            when unused_days is null
                then format(
                    'No use on record, created {} days ago; limit {}.',
                    age_days, getvariable('max_unused_days')
                )
            else format(
                'Last used {} days ago in {}; limit {}.',
                idle_days, coalesce(last_used_region, 'an unnamed region'), getvariable('max_unused_days')
            )
        end as reason,
        to_json(struct_pack(created_at, last_used_at, last_used_region, age_days, unused_days)) as evidence
    from judged
)

select * from final
