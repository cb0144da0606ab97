/*
title = "The nights so far"
[columns]
as_of = "The night"
published = "Whether it was judged and published"
blocked_reason = "Why it was not"
*/
select
    as_of,
    blocked_reason is null as published,
    blocked_reason
from history_nights
order by as_of
