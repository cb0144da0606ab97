/*
title = "Services that each organizational unit lets through, and when its accounts last used them"
description = "What no account under a unit uses is a candidate for an SCP that denies it. Reports are at most seven nights old."
[columns]
unit_id = "Id of the root or organizational unit"
read_on = "Night on which AWS made the report"
service = "Service, as the prefix of its actions"
unused_days = "Days since an account under it last used the service; null for never"
*/
select
    unit_id,
    unit_arn,
    read_on,
    service,
    last_accessed_at,
    days_since(last_accessed_at) as unused_days
from raw_organization_access_reports
