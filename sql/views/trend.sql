/*
title = "The measures of every night"
[columns]
as_of = "The night"
scope = "overall, practice, control, account or ou"
key = "What is measured within that scope"
*/
select *
from history_measures
order by as_of, scope, key
