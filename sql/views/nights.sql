/*
title = "The nights so far"
[columns]
as_of = "The night"
published = "Whether it was judged and published"
held_back_reason = "Why it was not"
blocked_reason = "The same, by its old name, which goes with the next contract version"
*/
select
    as_of,
    held_back_reason is null as published,
    held_back_reason,
    held_back_reason as blocked_reason
from history_nights
order by as_of
