/*
title = "Score and coverage of the whole organization"
[columns]
as_of = "The night"
accounts_expected = "Active accounts in scope"
accounts_read = "Those of them that let themselves be read"
account_coverage = "Percent of read in expected"
*/
select
    getvariable('as_of') as as_of,
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
    earlier.month_ago_as_of,
    reading.accounts_expected,
    reading.accounts_read,
    round(100 * reading.accounts_read / nullif(reading.accounts_expected, 0), 4) as account_coverage
from measures
cross join (
    select
        count(*) as accounts_expected,
        count(*) filter (read_status in ('read', 'partly read')) as accounts_read
    from accounts
    where read_status not in ('out of scope', 'not active')
) as reading
left join earlier_measures as earlier using (scope, key)
where measures.scope = 'overall'
order by as_of
