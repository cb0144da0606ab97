/*
id = "BP04-01"
title = "Active access keys are younger than the limit"
severity = "medium"
description = "Keys of IAM users; the root user's are root_no_keys_or_certs's, and inactive ones unused_user_credentials's."
why = "The older a key, the more copies of it lie about, and the longer a leaked one has worked."
fix = "Make a second key, move the workload to it, deactivate the old one, watch its last use, then delete it."
may_break = "Whatever still uses the old key stops working once it is deactivated."
frameworks = { cis_aws_7 = "2.12", security_hub = "IAM.3", prowler = "iam_rotate_access_key_90_days", other = "Config:ACCESS_KEYS_ROTATED; Steampipe:iam_user_access_key_age_90, iam_user_access_key_age_365; Scout:iam-user-no-key-rotation; Fix:rotate_access_keys_after_90_days; Cartography:aws_access_key_not_rotated; c7n:iam-user.access-key" }

[params]
max_age_days = 90
*/
with
keys as (select * from int_access_keys where is_active and not is_root),

final as (
    select
        account_id,
        resource,
        case
            when age_days is null then 'unknown'
            when age_days > getvariable('max_age_days') then 'fail'
            else 'pass'
        end as verdict,
        if(
            age_days is null,
            format('The credential report does not say when access key {} of {} was made.', key_number, user_name),
            format(
                'Access key {} of {} is {} days old; the limit is {}.',
                key_number, user_name, age_days, getvariable('max_age_days')
            )
        ) as reason,
        to_json(struct_pack(created_at, age_days, last_used_at, last_used_service, last_used_region)) as evidence
    from keys
)

select * from final
