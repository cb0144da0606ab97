/*
title = "Scores of tonight's subjects on the night before, a week ago and a month ago"
[columns]
previous_score = "Score of the night before"
previous_as_of = "That night"
week_ago_score = "Score of the last night at least seven days before"
week_ago_as_of = "That night"
month_ago_score = "Score of the last night at least thirty days before"
month_ago_as_of = "That night"
*/
with
earlier as (
    from history_measures
    where as_of < getvariable('as_of')
),

before as (
    from earlier
    where as_of = (select max(as_of) from earlier)
),

week_ago as (
    from earlier
    where as_of = (select max(as_of) from earlier where as_of <= getvariable('as_of') - 7)
),

month_ago as (
    from earlier
    where as_of = (select max(as_of) from earlier where as_of <= getvariable('as_of') - 30)
)

select
    measures.scope,
    measures.key,
    before.score as previous_score,
    (select max(as_of) from before) as previous_as_of,
    week_ago.score as week_ago_score,
    (select max(as_of) from week_ago) as week_ago_as_of,
    month_ago.score as month_ago_score,
    (select max(as_of) from month_ago) as month_ago_as_of
from measures
left join before using (scope, key)
left join week_ago using (scope, key)
left join month_ago using (scope, key)
