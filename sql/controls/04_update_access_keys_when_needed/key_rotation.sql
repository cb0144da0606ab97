/*
id = "BP04-01"
title = "Active access keys should be rotated before the age limit"
severity = "medium"
description = "Keys of IAM users; root_no_keys_or_certs judges the root user's, and unused_user_credentials inactive ones."
why = "The older a key, the more copies of it exist, and the longer a leaked one has worked."
fix = "Create a second key, move the workload to it, deactivate the old one, watch its last use, then delete it; better, replace a program's key with a role and a person's with `aws sso login` or `aws login`."
may_break = "Anything that still uses the old key stops working once it is deactivated."
frameworks = { cis_aws_7 = "2.12", security_hub = "IAM.3", prowler = "iam_rotate_access_key_90_days", other = "Config:ACCESS_KEYS_ROTATED; Steampipe:iam_user_access_key_age_90, iam_user_access_key_age_365; Scout:iam-user-no-key-rotation; Fix:rotate_access_keys_after_90_days; Cartography:aws_access_key_not_rotated; c7n:iam-user.access-key" }

[params]
max_age_days = 90

[evidence]
created_at = "When it was made"
age_days = "Days since it was made"
last_used_at = "When it was last used; null for never or not reported"
last_used_service = "Service for which it was last used"
last_used_region = "Region in which it was last used"
*/
with
keys as (
    select
        *,
        format(
            'Access key {} of {} is {} days old; the limit is {}.',
            key_id, user_name, age_days, getvariable('max_age_days')
        ) as reason
    from int_access_keys
    where is_active and not is_root
)

select
    account_id,
    resource,
    case
        when age_days is null then unknown(format(
            'AWS does not say when access key {} of {} was made.', key_id, user_name
        ))
        when age_days > getvariable('max_age_days') then fail(reason)
        else pass(reason)
    end as judged,
    to_json(struct_pack(created_at, age_days, last_used_at, last_used_service, last_used_region)) as evidence
from keys
