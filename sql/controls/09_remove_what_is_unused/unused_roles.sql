/*
id = "BP09-02"
title = "Unused IAM roles should be removed"
severity = "medium"
description = "IAM looks back 400 days: a role with no recorded use has been unused for at least that long. Break-glass roles belong in the register of exceptions."
why = "An unused role is a way in that nobody watches."
fix = "Deny the role everything with an inline policy, wait until you are sure that nothing needs it, then delete it."
may_break = "Jobs that run once a year need their role: ask its owner."
frameworks = { other = "Steampipe:iam_role_unused_60; Scout:iam-ec2-role-without-instances; c7n:iam-role.unused; AirIAM:find_unused; AA UnusedIAMRole" }
params = { max_unused_days = 90 }

[evidence]
created_at = "When it was made"
last_used_at = "When it was last used; null for never or not reported"
last_used_region = "Region in which it was last used"
age_days = "Days since it was made"
unused_days = "Days since it was last used; null for never"
*/
with
roles as (
    select
        *,
        if(unused_days < 0, 0, coalesce(unused_days, age_days)) as idle_days,
        case
            when is_service_linked then 'an AWS service, which deletes it when it is done'
            when is_identity_center then 'IAM Identity Center for a permission set'
        end as maker,
        if(
            unused_days is null,
            format('No use on record, created {} days ago; limit {}.', age_days, getvariable('max_unused_days')),
            format(
                'Last used {} days ago in {}; limit {}.',
                idle_days, coalesce(last_used_region, 'an unnamed region'), getvariable('max_unused_days')
            )
        ) as last_use
    from stg_roles
)

select
    account_id,
    arn as resource,
    case
        when maker is not null then not_applicable(format('Made by {}.', maker))
        when idle_days is null then unknown('Neither its creation nor its last use was reported.')
        when idle_days > getvariable('max_unused_days') then fail(last_use)
        else pass(last_use)
    end as judged,
    to_json(struct_pack(created_at, last_used_at, last_used_region, age_days, unused_days)) as evidence
from roles
