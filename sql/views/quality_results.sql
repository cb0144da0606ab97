/*
title = "The checks on the inputs of the night"
[columns]
as_of = "The night"
*/
select
    getvariable('as_of') as as_of,
    *
from raw_quality_results
order by dataset, check_name
