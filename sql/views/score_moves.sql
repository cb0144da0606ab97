/*
title = "Controls with fails by their effect on the organization's score, largest first"
description = """
A move is one control put right everywhere: all its fails tonight pass, and nothing else changes. Of moves that lift
alike, the graver comes first. Score and all lifts together make 100. Exempt fails count neither way, as in the score.
"""
[columns]
as_of = "The night"
place = "Place among all, 1 for the largest lift"
control_id = "Id of the control"
practice = "Number of the best practice, 1 to 14"
severity = "Severity of the control"
fails = "Findings that fail tonight"
accounts = "Accounts with one"
owners = "Owners of these accounts; accounts without an owner count as one"
lift_points = "Percentage points by which the organization's score rises when they pass"
score_after = "The organization's score when this move and all before it are made"
where_to_begin = "Account with most of the fails"
fails_there = "Fails in that account"
*/
with
failing as (
    select
        control_id,
        sum(fail)::bigint as fails,
        count(*) as accounts,
        count(distinct owner) as owners,
        first(account_id order by fail desc, account_id) as where_to_begin,
        max(fail) as fails_there
    from control_account_counts
    where fail > 0
    group by control_id
),

placed as (
    select
        failing.*,
        controls.practice,
        controls.severity,
        row_number() over (
            order by
                failing.fails desc,
                array_position(['critical', 'high', 'medium', 'low'], controls.severity),
                controls.number
        ) as place
    from failing
    inner join control_catalog as controls using (control_id)
)

select
    getvariable('as_of') as as_of,
    placed.place,
    placed.control_id,
    placed.practice,
    placed.severity,
    placed.fails,
    placed.accounts,
    placed.owners,
    round(100 * placed.fails / (overall.pass + overall.fail), 4) as lift_points,
    round(
        100 * (overall.pass + sum(placed.fails) over (order by placed.place)) / (overall.pass + overall.fail), 4
    ) as score_after,
    placed.where_to_begin,
    placed.fails_there
from placed
cross join measures as overall
where overall.scope = 'overall'
order by placed.place
