/*
title = "Score and coverage of each owner's accounts together"
[columns]
as_of = "The night"
owner = "Owner of the accounts; '' for those without one"
accounts = "Active accounts in scope that are its"
*/
with
owners as (
    select coalesce(owner, '') as owner, count(*) as accounts
    from int_accounts
    where is_expected
    group by all
)

select as_of, owner, accounts, unnest(tonight), unnest(earlier)
from measures_with_history
inner join owners using (owner)
where scope = 'owner'
order by owner
