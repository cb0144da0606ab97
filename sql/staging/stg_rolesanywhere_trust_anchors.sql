/*
title = "Trust anchors of IAM Roles Anywhere"
[columns]
name = "Its alias (IAM Roles Anywhere has them since 2026), else its name"
remaining_days = "Days until the first of its CA certificates ends; null where it could not be read"
*/
select
    account_id,
    region,
    arn,
    coalesce(alias, name) as name,
    is_enabled,
    source_type,
    certificate_expires_at,
    days_until(certificate_expires_at) as remaining_days,
    is_crl_distribution_point_checked,
    notified_events
from raw_rolesanywhere_trust_anchors
semi join stg_expected_accounts using (account_id)
