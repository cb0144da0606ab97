/*
title = "The checks on the inputs of the night"
description = "Checks of the landing, and the age of each list of what Rolecall knows of AWS (dataset knowledge)."
[columns]
as_of = "The night"
*/
select
    getvariable('as_of') as as_of,
    *
from raw_quality_results
union all
select
    getvariable('as_of'),
    'knowledge',
    name,
    'days_since_read',
    'warning',
    age_days <= getvariable('knowledge_max_days'),
    if(age_days > getvariable('knowledge_max_days'), 1, 0),
    '[]',
    format('{} of {}: {} days old; {} are allowed.', title, read_on, age_days, getvariable('knowledge_max_days')),
    null
from (select *, greatest(getvariable('as_of') - read_on, 0) as age_days from fact_knowledge_heads) as lists
order by dataset, check_name
