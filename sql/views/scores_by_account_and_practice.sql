/*
title = "Score and coverage of each account by best practice"
[columns]
as_of = "The night"
account_id = "Id of the account"
practice = "Number of the best practice, 1 to 14"
*/
select
    getvariable('as_of') as as_of,
    measures.account_id,
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
    measures.coverage >= getvariable('enough_data') as has_enough_data
from measures
where measures.scope = 'account and practice'
order by account_id, practice
