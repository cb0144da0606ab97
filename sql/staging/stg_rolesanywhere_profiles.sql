/*
title = "Profiles of IAM Roles Anywhere"
[columns]
name = "Its alias (IAM Roles Anywhere has them since 2026), else its name"
duration_seconds = "How long sessions last; an hour where the profile does not say"
*/
select
    account_id,
    region,
    arn,
    coalesce(alias, name) as name,
    is_enabled,
    has_session_policy,
    managed_policy_arns,
    coalesce(duration_seconds, 3600) as duration_seconds,
    role_arns
from raw_rolesanywhere_profiles
semi join stg_expected_accounts using (account_id)
