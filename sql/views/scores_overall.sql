/*
title = "Open findings, controls met and coverage of the whole organization"
[columns]
as_of = "The night"
accounts_expected = "Active accounts in scope"
accounts_read = "Those of them that let themselves be read"
account_coverage = "Percent of read in expected"
*/
with
reading as (
    select
        count(*) as accounts_expected,
        count(*) filter (read_status in ('read', 'partly read')) as accounts_read
    from accounts
    where read_status not in ('out of scope', 'not active')
)

select
    as_of,
    unnest(tonight),
    unnest(earlier),
    accounts_expected,
    accounts_read,
    round(100 * accounts_read / nullif(accounts_expected, 0), 4) as account_coverage
from measures_with_history
cross join reading
where scope = 'overall'
