/*
title = "Open findings, controls met and coverage of each control"
[columns]
as_of = "The night"
control_id = "Id of the control"
practice = "Number of the best practice, 1 to 14"
*/
select as_of, control_id, practice, unnest(tonight), unnest(earlier)
from measures_with_history
where scope = 'control'
order by control_id, practice
