/*
title = "The version of what this database promises, and the night that it shows"
[columns]
version = "Rises when a published table or column changes its meaning or goes away"
as_of = "The night"
*/
select
    getvariable('contract_version')::integer as version,
    getvariable('as_of') as as_of
