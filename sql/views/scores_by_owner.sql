/*
title = "Score and coverage of each owner's accounts together"
[columns]
as_of = "The night"
owner = "Owner of the accounts; '' for those without one"
accounts = "Active accounts in scope that are its"
*/
select
    getvariable('as_of') as as_of,
    measures.owner,
    owners.accounts,
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
inner join (
    select
        coalesce(owner, '') as owner,
        count(*) as accounts
    from int_accounts
    where is_expected
    group by 1
) as owners using (owner)
left join earlier_measures as earlier using (scope, key)
where measures.scope = 'owner'
order by owner
