/*
title = "The controls"
[columns]
control_id = "Id of the control"
number = "Number of the control: best practice and place"
title = "What holds when it passes"
practice = "Number of the best practice, 1 to 14"
practice_title = "The best practice in short"
severity = "critical, high, medium or low"
scope = "Whether every account owes a verdict, or the organization once"
fixed_by = "Who makes the fix: account, or organization (its management account or delegated administrators)"
why = "Why it matters"
fix = "How to put a fail right"
may_break = "What putting it right can break"
frameworks = "Numbers of the same rule elsewhere"
params = "Parameters and their values tonight"
evidence = "Keys of its evidence, and what each of them is"
reads = "Datasets that the verdict rests on"
query = "The query"
*/
select
    * replace (
        as_severity(severity) as severity,
        frameworks::json as frameworks,
        params::json as params,
        evidence::json as evidence
    )
from control_catalog
order by practice, number
