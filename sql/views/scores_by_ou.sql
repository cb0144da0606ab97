/*
title = "Open findings, controls met and coverage of each organizational unit"
description = "With everything below it; the root is among them."
[columns]
as_of = "The night"
ou_id = "Id of the organizational unit, or of the root"
ou_path = "Names from the root down"
accounts = "Accounts that a verdict is owed for, in it and below"
*/
select as_of, subject as ou_id, ou_path, unnest(tonight), unnest(earlier)
from measures_with_history
inner join organizational_units on measures_with_history.subject = organizational_units.ou_id
where scope = 'ou'
order by ou_id, ou_path
