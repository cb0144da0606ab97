/*
id = "BP06-06"
title = "The customer's policies confine actions that read data, return credentials or change permissions"
practice = 6
severity = "medium"
description = """
Such an action on every resource fails, unless a condition confines it to an account, an organization or a tag. Which
actions count is the evaluator's list, with all that AWS calls permissions management.
"""
why = "These are the actions a thief uses first, and on every resource they reach what the policy was never meant for."
fix = "Name the buckets, secrets, parameters, keys or roles."
may_break = "Programs that reach resources nobody has listed."
frameworks = { other = "Cloudsplaining:DataExfiltration, CredentialsExposure, ResourceExposure; Parliament:credentials_exposure, permissions_management, sensitive_access" }
*/
with
policies as (
    select
        account_id,
        resource,
        bool_or(is_attached) as is_attached,
        bool_and(is_boundary_only) as is_boundary_only,
        list_sort(list(distinct policy_name)) as names
    from stg_customer_documents
    group by account_id, resource
),

facts as (
    select
        account_id,
        resource,
        list_sort(list_distinct(flatten(list(details) filter (where kind = 'sensitive_unscoped')))) as actions,
        string_agg(format('{}: {}', policy_name, malformed_reason), '; ' order by policy_name)
        filter (where kind = 'malformed') as unreadable,
        list(
            { policy: policy_name, fact: kind, details: details, statements: statements }
            order by policy_name, statement_index, kind
        ) filter (where kind <> 'malformed') as statements
    from stg_customer_facts
    where kind in ('malformed', 'sensitive_unscoped')
    group by account_id, resource
),

final as (
    select
        policies.account_id,
        policies.resource,
        case
            when policies.is_boundary_only then 'not_applicable'
            when len(facts.actions) > 0 then 'fail'
            when facts.unreadable is not null then 'unknown'
            else 'pass'
        end as verdict,
        case
            when policies.is_boundary_only then 'Serves as a permissions boundary only, and grants nothing.'
            when verdict = 'unknown' then format('A document cannot be read: {}.', facts.unreadable)
            when len(facts.actions) > 0
                then format(
                    'Allows {} on every resource{}.',
                    array_to_string(facts.actions[:5], ', '),
                    if(len(facts.actions) > 5, format(' and {} more actions', len(facts.actions) - 5), '')
                )
            else 'Allows no sensitive action on every resource.'
        end as reason,
        to_json({
            policies: policies.names,
            is_attached: policies.is_attached,
            unreadable: facts.unreadable,
            statements: coalesce(facts.statements, [])
        }) as evidence
    from policies
    left join facts on policies.account_id = facts.account_id and policies.resource = facts.resource
)

select * from final
