/*
title = "Score and coverage of each best practice"
[columns]
as_of = "The night"
practice = "Number of the best practice, 1 to 14"
practice_title = "The best practice in short"
*/
select
    getvariable('as_of') as as_of,
    measures.practice,
    practices.practice_title,
    measures.pass,
    measures.fail,
    measures.exempt,
    measures.not_applicable,
    measures.unknown,
    measures.manual,
    measures.score,
    measures.expected,
    measures.judged,
    measures.coverage,
    measures.coverage >= getvariable('enough_data') as has_enough_data,
    earlier.previous_score,
    earlier.previous_as_of,
    earlier.week_ago_score,
    earlier.week_ago_as_of,
    earlier.month_ago_score,
    earlier.month_ago_as_of
from measures
inner join (select distinct practice, practice_title from control_catalog) as practices using (practice)
left join earlier_measures as earlier using (scope, key)
where measures.scope = 'practice'
order by practice, practice_title
