/*
title = "Score and coverage of each organizational unit"
description = "With everything below it; the root is among them."
[columns]
as_of = "The night"
ou_id = "Id of the organizational unit, or of the root"
ou_path = "Names from the root down"
*/
select as_of, ou_id, ou_path, unnest(tonight), unnest(earlier)
from measures_with_history
inner join organizational_units using (ou_id)
where scope = 'ou'
order by ou_id, ou_path
