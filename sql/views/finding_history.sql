/*
title = "For how long each resource has had each verdict"
[columns]
resource = "ARN of what is judged"
region = "Region, 'global' for services without one"
control_id = "Id of the control"
account_id = "Id of the account"
from_as_of = "First night of the verdict"
to_as_of = "Last night of the verdict"
verdict = "pass, fail, exempt, not_applicable, unknown or manual"
*/
select * replace (as_verdict(verdict) as verdict)
from history_spans
order by control_id, account_id, region, resource, from_as_of
