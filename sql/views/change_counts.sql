/*
title = "Number of changes since the previous night and over the last seven and thirty nights"
description = """
Counted from tonight and that night alone, as in finding_changes: what failed between and was put right counts nowhere.
"""
[columns]
as_of = "The night"
since = "The night before, seven nights or thirty nights"
since_as_of = "The night that tonight is compared with"
change = "new fail, fixed, gone, became unknown, readable again, no longer judged or judged again"
severity = "Severity of the controls"
findings = "Findings that changed so"
*/
select
    getvariable('as_of') as as_of,
    since,
    since_as_of,
    change,
    as_severity(changes.severity) as severity,
    count(*) as findings
from changes
group by since, since_as_of, change, changes.severity
order by since, change, changes.severity
