/*
title = "Every operation asked of every account and region on this night, and how it ended"
[columns]
as_of = "The night"
*/
select
    getvariable('as_of') as as_of,
    *
from raw_ledger
order by account_id, region, operation
