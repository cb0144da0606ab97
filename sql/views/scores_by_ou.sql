/*
title = "Score and coverage of each organizational unit"
description = "With everything below it; the root is among them."
[columns]
as_of = "The night"
ou_id = "Id of the organizational unit, or of the root"
ou_path = "Names from the root down"
*/
select
    getvariable('as_of') as as_of,
    measures.ou_id,
    ous.ou_path,
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
inner join organizational_units as ous using (ou_id)
left join earlier_measures as earlier using (scope, key)
where measures.scope = 'ou'
order by ou_id, ou_path
