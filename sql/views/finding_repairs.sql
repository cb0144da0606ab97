/*
title = "The change that would close each finding that fails"
[columns]
as_of = "The night"
region = "Region, 'global' for services without one"
resource = "ARN of what is judged"
control_id = "Id of the control"
account_id = "Id of the account"
*/
select
    getvariable('as_of') as as_of,
    control_id,
    account_id,
    region,
    resource,
    repair
from repaired_findings
order by control_id, account_id, region, resource
