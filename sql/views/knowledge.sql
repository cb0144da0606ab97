/*
title = "Rolecall's knowledge about AWS, and its age"
description = "A row for each list. A list past the setting knowledge_max_days is a warning in quality_results; it changes no verdict."
[columns]
name = "The list: a file of pipeline/knowledge, or service_authorization"
title = "What it lists"
read_on = "Day of the data, or on which the sources were read"
age_days = "Days from then to the night"
is_old = "Whether that is more than the setting knowledge_max_days"
off_list = "What is done with what is not in it"
*/
select
    name,
    title,
    read_on,
    greatest(getvariable('as_of') - read_on, 0) as age_days,
    age_days > getvariable('knowledge_max_days') as is_old,
    off_list
from fact_knowledge_heads
order by name
