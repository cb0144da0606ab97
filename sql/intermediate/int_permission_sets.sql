/*
title = "Permission sets"
description = "Judged on their policies alone: a boundary takes away from what is said here."
[columns]
session_hours = "Longest session, in hours; null where it could not be read"
policy_names = "Names of its AWS managed and customer managed policies; 'inline' for an inline one"
admin = "Whether its policies administer an account: yes, depends (on conditions, or on what could not be read) or no"
iam_writes = "Writes to IAM principals that they allow in some way"
unreadable = "Policies that could not be read, and why"
is_assigned = "Whether somebody has it in some account"
*/
select
    sets.permission_set_arn,
    sets.name,
    sets.session_duration_seconds / 3600 as session_hours,
    sets.created_at,
    facts.policy_names,
    facts.admin,
    facts.admin_reason,
    facts.iam_writes,
    facts.unreadable,
    sets.permission_set_arn in (select permission_set_arn from stg_permission_set_assignments) as is_assigned
from stg_permission_sets as sets
inner join fact_permission_sets as facts on sets.permission_set_arn = facts.permission_set_arn
