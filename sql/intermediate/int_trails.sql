/*
title = "Trails that record each account"
description = "Whether a trail records, and what, is asked in the account that owns it; null where it was not read there."
[columns]
is_own = "Whether the account owns it; else it is the organization's"
management_events = "Which management events it records: All, ReadOnly, WriteOnly or None"
*/
select
    trails.account_id,
    trails.trail_arn,
    trails.name,
    trails.home_region,
    trails.is_multi_region,
    trails.is_organization,
    trails.is_own,
    status.is_logging,
    status.delivery_error,
    selectors.management_events
from raw_trails as trails
semi join stg_expected_accounts using (account_id)
left join raw_trail_status as status on trails.trail_arn = status.trail_arn
left join raw_trail_event_selectors as selectors on trails.trail_arn = selectors.trail_arn
