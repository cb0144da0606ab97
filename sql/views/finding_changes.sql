/*
title = "Changes since the previous night"
description = """
`new fail`: a fail that was not one. `fixed`: a fail that is none any more. `gone`: the resource of a fail is no longer
there. `became unknown` and `readable again`: the data behind the verdict was lost or is back. `no longer judged`: the
account of a fail is out of scope, not active or no longer in the organization. `judged again`: it was, and is back.
"""
[columns]
reason = "The reason of the verdict tonight, or why the account is no longer judged; null where the resource is gone"
resource = "ARN of what is judged"
region = "Region, 'global' for services without one"
control_id = "Id of the control"
account_id = "Id of the account"
as_of = "The night"
change = "new fail, fixed, gone, became unknown, readable again, no longer judged or judged again"
practice = "Number of the best practice, 1 to 14"
previous_verdict = "Verdict of the night before"
verdict = "Verdict tonight; null where the resource is gone or its account is no longer judged"
severity = "Severity of the control"
*/
select
    getvariable('as_of') as as_of,
    change,
    control_id,
    practice,
    account_id,
    region,
    resource,
    as_verdict(previous_verdict) as previous_verdict,
    as_verdict(verdict) as verdict,
    reason,
    as_severity(severity) as severity
from changes
where since = 'the night before'
order by change, practice, control_id, account_id, region, resource
