/*
title = "The version of this database's contract, and the night it shows"
[columns]
version = "Rises when a published table or column changes its meaning or goes away"
as_of = "The night"
read_at = "When the last answer of the night came (UTC): ages are counted to this moment"
*/
select
    getvariable('contract_version')::integer as version,
    getvariable('as_of') as as_of,
    getvariable('read_at') as read_at
