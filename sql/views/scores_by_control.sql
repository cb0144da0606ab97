/*
title = "Score and coverage of each control"
[columns]
as_of = "The night"
control_id = "Id of the control"
practice = "Number of the best practice, 1 to 14"
*/
select
    getvariable('as_of') as as_of,
    measures.control_id,
    measures.practice,
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
left join earlier_measures as earlier using (scope, key)
where measures.scope = 'control'
order by control_id, practice
