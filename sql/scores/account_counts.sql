/*
title = "Each account's verdicts and controls counted: in all, by best practice and by control"
[columns]
level = "all, practice or control"
practice = "Number of the best practice; null for level all"
control_id = "Id of the control; null except for level control"
critical = "Fails of critical controls"
high = "Fails of high controls"
met = "Controls that are met in the account"
not_met = "Controls with a fail in the account"
expected = "Controls that owe a verdict for the account"
judged = "Those of them that have one"
critical_not_judged = "Critical controls without a verdict"
met_percent = "Percent of met in met and not_met; null where there is neither, or too little was judged"
*/
select
    account_id,
    case grouping_id(practice, control_id) when 3 then 'all' when 1 then 'practice' else 'control' end as level,
    practice,
    control_id,
    sum(pass)::bigint as pass,
    sum(fail)::bigint as fail,
    sum(exempt)::bigint as exempt,
    sum(not_applicable)::bigint as not_applicable,
    sum(unknown)::bigint as unknown,
    sum(manual)::bigint as manual,
    coalesce(sum(fail) filter (severity = 'critical'), 0)::bigint as critical,
    coalesce(sum(fail) filter (severity = 'high'), 0)::bigint as high,
    count(*) filter (is_met) as met,
    count(*) filter (fail > 0) as not_met,
    count(*) as expected,
    count(*) filter (is_judged) as judged,
    count(*) filter (severity = 'critical' and not is_judged) as critical_not_judged,
    if(
        100 * judged / expected >= getvariable('min_coverage_to_score'), 100 * met / nullif(met + not_met, 0), null
    ) as met_percent
from control_account_counts
group by grouping sets ((account_id), (account_id, practice), (account_id, practice, control_id))
order by account_id, level, practice, control_id
