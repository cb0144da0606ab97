/*
title = "Open findings, controls met and coverage of each account"
[columns]
as_of = "The night"
account_id = "Id of the account"
*/
select as_of, subject as account_id, unnest(tonight), unnest(earlier)
from measures_with_history
where scope = 'account'
order by account_id
