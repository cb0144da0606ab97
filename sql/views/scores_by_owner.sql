/*
title = "Open findings, controls met and coverage of each owner's accounts together"
[columns]
as_of = "The night"
owner = "Owner of the accounts; '' for those without one"
*/
select as_of, subject as owner, unnest(tonight), unnest(earlier)
from measures_with_history
where scope = 'owner'
order by owner
