/*
title = "Actions that AWS tracks the use of"
description = "As far as any report of the organization named them; which those are does not depend on the principal."
[columns]
service = "Service, as the prefix of its actions"
action = "The action with that prefix"
*/
with
named as (
    select
        service,
        unnest(actions) as name
    from raw_tracked_actions
)

select distinct
    service,
    service || ':' || name as action
from named
order by action
