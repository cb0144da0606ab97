/*
title = "Open findings, controls met and coverage of each organizational unit by best practice"
[columns]
as_of = "The night"
ou_id = "Id of the organizational unit, or of the root"
practice = "Number of the best practice, 1 to 14"
*/
select as_of, subject as ou_id, practice, unnest(tonight)
from measures_with_history
where scope = 'ou and practice'
order by ou_id, practice
