/*
title = "What to do first: the changes that would close the findings that fail"
description = """
In order of the gravest finding that a change closes, then of the pairs of control and account that it brings to met
(it closes all their fails), then of the findings. What is closed is counted from the findings, not tried.
"""
[columns]
as_of = "The night"
place = "Place among all, 1 for what to do first"
account_id = "Id of the account, where it is one"
severity = "Severity of the gravest finding that it closes"
findings = "Findings that it closes"
critical = "Critical findings that it closes"
high = "High findings that it closes"
controls = "Controls that it closes findings of, the gravest first"
accounts = "Accounts with a finding that it closes"
owners = "Owners of these accounts; accounts without an owner count as one"
brought_to_met = "Pairs of control and account that it brings to met"
place_in_account = "Place among the changes in one account; null where it concerns several"
*/
with
pairs as (
    select
        repair,
        kind,
        made_by,
        target,
        name,
        control_id,
        account_id,
        severity,
        count(*) as findings
    from repaired_findings
    group by all
),

weighed as (
    select
        pairs.*,
        counts.owner,
        pairs.findings = counts.fail as is_brought_to_met,
        array_position(['critical', 'high', 'medium', 'low'], pairs.severity) as rank
    from pairs
    inner join control_account_counts as counts using (control_id, account_id)
),

final as (
    select
        repair,
        kind,
        made_by,
        target,
        name,
        if(count(distinct account_id) = 1, any_value(account_id), null) as account_id,
        min_by(severity, rank) as severity,
        min(rank) as rank,
        sum(findings)::bigint as findings,
        coalesce(sum(findings) filter (severity = 'critical'), 0)::bigint as critical,
        coalesce(sum(findings) filter (severity = 'high'), 0)::bigint as high,
        list_transform(
            list_sort(list(distinct {'rank': rank, 'control_id': control_id})), lambda one: one.control_id
        ) as controls,
        count(distinct account_id) as accounts,
        count(distinct owner) as owners,
        count(*) filter (is_brought_to_met) as brought_to_met
    from weighed
    group by repair, kind, made_by, target, name
)

select
    getvariable('as_of') as as_of,
    row_number() over (order by rank, critical desc, brought_to_met desc, findings desc, repair) as place,
    * exclude (rank) replace (as_severity(severity) as severity),
    if(account_id is null, null, row_number() over (
        partition by account_id order by rank, critical desc, findings desc, repair
    )) as place_in_account
from final
order by place
