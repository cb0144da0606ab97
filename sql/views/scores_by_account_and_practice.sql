/*
title = "Open findings, controls met and coverage of each account by best practice"
[columns]
as_of = "The night"
account_id = "Id of the account"
practice = "Number of the best practice, 1 to 14"
*/
select as_of, subject as account_id, practice, unnest(tonight)
from measures_with_history
where scope = 'account and practice'
order by account_id, practice
