/*
id = "BP08-01"
title = "Over-permissioned workload roles should have a policy generated from their activity"
severity = "low"
description = """
Until permissions can be compared with their use, this judges workload roles with a broad AWS managed policy (see
broad_aws_managed_on_workloads) or with a policy of their own that grants whole services on every resource. Access
Analyzer forgets a job after 7 days; the nightly snapshots keep it for 180. Jobs count from the Regions that are read.
"""
why = "A policy generated from what the role really did is the shortest way from a broad policy to one that fits."
fix = "Run Access Analyzer's policy generation on the role, review the result, and attach it in place of the broad policy."
params = { history_days = 180, activity_days = 90, min_age_days = 14 }

[evidence]
broad_policies = "Its broad AWS managed policies"
wildcards = "Actions that its own policies grant on every resource: whole services, or all but some"
succeeded_at = "When a policy was last generated; null for never"
job_ids = "Policy generation jobs that succeeded"
statuses = "How policy generation jobs ended"
age_days = "Days since it was made"
unused_days = "Days since it was last used; null for never"
*/
with
roles as (
    select
        workloads.*,
        array_to_string(
            list_concat(workloads.broad_policies, coalesce(wildcards.policy_names, [])), ', '
        ) as policies,
        wildcards.wildcards,
        wildcards.unreadable
    from int_workload_roles as workloads
    left join int_role_wildcards as wildcards
        on workloads.account_id = wildcards.account_id and workloads.arn = wildcards.arn
    where len(workloads.broad_policies) > 0 or wildcards.arn is not null
),

generations as (
    select
        account_id,
        principal_arn,
        max(coalesce(completed_at, started_at)) filter (where status = 'SUCCEEDED') as succeeded_at,
        list(job_id order by job_id) filter (where status = 'SUCCEEDED') as job_ids,
        list(distinct status order by status) as statuses
    from int_policy_generations
    where days_since(coalesce(completed_at, started_at)) <= getvariable('history_days')
    group by account_id, principal_arn
)

select
    roles.account_id,
    roles.arn as resource,
    case
        when unsure is not null then unknown(unsure)
        when len(broad_policies) + len(coalesce(wildcards, [])) = 0
            then unknown(format('Its policies cannot be read: {}.', array_to_string(unreadable, ', ')))
        when succeeded_at is not null
            then pass(format('A policy was generated on {}, in place of {}.', succeeded_at::date, policies))
        when unused_days > getvariable('activity_days')
            then not_applicable(format('Last used {} days ago: no activity to generate a policy from.', unused_days))
        when unused_days is null and age_days > getvariable('activity_days')
            then not_applicable('Never used: no activity to generate a policy from.')
        when age_days < getvariable('min_age_days')
            then not_applicable(format('Created {} days ago: too little activity to generate a policy from.', age_days))
        when statuses is not null
            then fail(format('Carries {}; generations ended {} only.', policies, array_to_string(statuses, ', ')))
        else fail(format('Carries {}; no policy was generated in {} days.', policies, getvariable('history_days')))
    end as judged,
    to_json({
        broad_policies: broad_policies,
        wildcards: wildcards,
        succeeded_at: succeeded_at,
        job_ids: job_ids,
        statuses: coalesce(statuses, []),
        age_days: age_days,
        unused_days: unused_days
    }) as evidence
from roles
left join generations on roles.account_id = generations.account_id and roles.arn = generations.principal_arn
