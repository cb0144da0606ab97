/*
title = "Open findings, controls met and coverage of each best practice"
[columns]
as_of = "The night"
practice = "Number of the best practice, 1 to 14"
practice_title = "The best practice in short"
*/
with
practices as (select distinct practice, practice_title from control_catalog)

select as_of, practice, practice_title, unnest(tonight), unnest(earlier)
from measures_with_history
inner join practices using (practice)
where scope = 'practice'
order by practice, practice_title
